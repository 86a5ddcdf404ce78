#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/guarded.h"
#include "jobs/runner.h"
#include "net/frame_channel.h"
#include "serving/host_protocol.h"

namespace gyre::serving::test {

/// In place of gyre-host: a FrameServer in this process that does as a test says.
class FakeHost {
  public:
    struct Conduct {
        HostStatus::State state = HostStatus::State::kReady;
        std::string reason;
        bool silent = false;  ///< takes predictions and keeps them
    };

    FakeHost(HostSpec spec, const std::string& socket, Conduct conduct)
        : spec_(std::move(spec)), conduct_(std::move(conduct)) {
        auto server = net::FrameServer::Start(
            socket, [this](net::Frame frame, net::FrameServer::Reply reply) {
                Handle(std::move(frame), std::move(reply));
            });
        REQUIRE(server);
        server_ = std::move(*server);
    }
    ~FakeHost() { Stop(); }
    void Stop() {
        server_->Stop();
        kept_.Lock()->clear();
    }
    void Become(Conduct conduct) { *conduct_.Lock() = std::move(conduct); }
    /// Whether somebody has connected.
    [[nodiscard]] bool Met() const { return server_->Clients() > 0; }
    /// Answers nothing from now on, as a stopped process.
    void Mute() { *mute_.Lock() = true; }
    [[nodiscard]] const HostSpec& Spec() const { return spec_; }
    [[nodiscard]] bool Draining() const { return *draining_.Lock(); }
    /// Predictions that came after it was told to drain: there must be none.
    [[nodiscard]] int Late() const { return *late_.Lock(); }
    [[nodiscard]] size_t Kept() const { return kept_.Lock()->size(); }
    /// Answers what it kept.
    void AnswerKept() {
        std::vector<std::pair<net::Frame, net::FrameServer::Reply>> kept;
        kept.swap(*kept_.Lock());
        for (auto& [frame, reply] : kept) Answer(frame, reply);
        if (*draining_.Lock()) drained_.Lock()->operator()({.kind = 4});
    }

  private:
    void Handle(net::Frame frame, net::FrameServer::Reply reply) {
        if (*mute_.Lock()) {
            kept_.Lock()->emplace_back(std::move(frame), std::move(reply));
            return;
        }
        const Conduct conduct = *conduct_.Lock();
        switch (static_cast<HostFrame>(frame.kind)) {
            case HostFrame::kStatus: {
                HostStatus status;
                status.state = conduct.state;
                status.reason = conduct.reason;
                if (conduct.state == HostStatus::State::kReady) {
                    status.model = core::JsonObject{{"platform", "fake"}};
                }
                return reply({.kind = frame.kind, .head = core::JsonText(status.ToJson())});
            }
            case HostFrame::kMetrics:
                return reply(
                    {.kind = frame.kind,
                     .body = "# HELP a_total A.\n# TYPE a_total counter\na_total{variant=\"" +
                             spec_.variant + "\"} 1\n"});
            case HostFrame::kDrain:
                *draining_.Lock() = true;
                if (kept_.Lock()->empty()) return reply({.kind = frame.kind});
                *drained_.Lock() = std::move(reply);
                return;
            case HostFrame::kForget:
                return reply({.kind = frame.kind});
            case HostFrame::kInvoke:
                if (*draining_.Lock()) ++*late_.Lock();
                if (!conduct.silent) return Answer(frame, reply);
                kept_.Lock()->emplace_back(std::move(frame), std::move(reply));
                return;
            case HostFrame::kPiece:
            case HostFrame::kPart:
                return reply({.kind = frame.kind});  // it streams nothing
        }
    }

    // "model: body"; a body "fail" is answered 500, "busy" refused, "slow" by a predicted
    // wait of two seconds.
    void Answer(const net::Frame& frame, const net::FrameServer::Reply& reply) {
        const auto request = DecodeInvokeHead(frame.head);
        REQUIRE(request);
        ReplyHead head;
        head.content_type = request->content_type;
        if (frame.body == "fail") head.status = 500;
        if (frame.body == "busy") {
            head.error = core::Error(core::Code::kUnavailable, "the queue is full");
            head.error->details = {{"Retry-After", "3"}, {"PredictedWaitMs", "2500"}};
            return reply({.kind = frame.kind, .head = EncodeReplyHead(head)});
        }
        if (frame.body == "slow") {
            head.error = TooSlow{core::seconds(2), core::seconds(1), core::seconds(1)}.ToError();
            return reply({.kind = frame.kind, .head = EncodeReplyHead(head)});
        }
        if (request->trace) head.trace = Trace{10, 20, 4, LeaveReason::kFull};
        for (const auto& header : request->headers) head.headers.push_back(header);
        reply({.kind = frame.kind,
               .head = EncodeReplyHead(head),
               .body = spec_.environment.at("NAME") + ": " + std::string(frame.body)});
    }

    const HostSpec spec_;
    core::Guarded<Conduct> conduct_;
    core::Guarded<bool> mute_{false};
    core::Guarded<bool> draining_{false};
    core::Guarded<int> late_{0};
    core::Guarded<std::vector<std::pair<net::Frame, net::FrameServer::Reply>>> kept_;
    core::Guarded<net::FrameServer::Reply> drained_;
    std::unique_ptr<net::FrameServer> server_;
};

/// Starts FakeHosts in place of programs.
class FakeRunner final : public jobs::Runner {
  public:
    /// From start to end of one program.
    struct Life {
        std::shared_ptr<FakeHost> host;
        core::Guarded<std::optional<core::ExitStatus>> exit;

        core::ExitStatus End(core::ExitStatus how) {
            {
                auto ended = exit.Lock();
                if (*ended) return **ended;
                *ended = how;
            }
            if (host != nullptr) host->Stop();
            return how;
        }
    };
    class FakeProgram final : public jobs::Program {
      public:
        explicit FakeProgram(std::shared_ptr<Life> life) : life_(std::move(life)) {}
        ~FakeProgram() override { Stop(core::milliseconds(0)); }
        [[nodiscard]] std::string Where() const override { return "test"; }
        [[nodiscard]] std::optional<pid_t> Pid() const override { return std::nullopt; }
        std::optional<core::ExitStatus> Wait(core::SteadyTime) override {
            return *life_->exit.Lock();
        }
        core::ExitStatus Stop(core::milliseconds) override {
            return life_->End({.code = 0, .signal = 15});
        }

      private:
        std::shared_ptr<Life> life_;
    };

    core::Result<std::unique_ptr<jobs::Program>> Start(jobs::ProgramSpec program) override {
        REQUIRE(program.command.size() == 5);
        const auto text = core::ReadFile(core::RealFileSystem(), program.command[2]);
        REQUIRE(text);
        const auto spec = HostSpec::FromJson(*core::ParseJson(*text));
        REQUIRE(spec);
        const auto name = spec->environment.find("NAME");
        const std::string model = name == spec->environment.end() ? "" : name->second;
        auto state = state_.Lock();
        state->starts[model]++;
        program.on_line("starting " + model, false);
        auto life = std::make_shared<Life>();
        if (state->crash_at_start.contains(model)) {
            life->End({.code = 3, .signal = 0});
        } else {
            life->host =
                std::make_shared<FakeHost>(*spec, program.command[4], state->conduct[model]);
        }
        state->lives[model].push_back(life);
        return std::make_unique<FakeProgram>(life);
    }

    void SetConduct(const std::string& model, FakeHost::Conduct conduct) {
        state_.Lock()->conduct[model] = std::move(conduct);
    }
    void CrashAtStart(const std::string& model) { state_.Lock()->crash_at_start.insert(model); }
    [[nodiscard]] int Starts(const std::string& model) { return state_.Lock()->starts[model]; }
    /// The newest of that model.
    [[nodiscard]] std::shared_ptr<FakeHost> Host(const std::string& model) {
        return Newest(model)->host;
    }
    void Kill(const std::string& model) { Newest(model)->End({.code = 0, .signal = 9}); }
    [[nodiscard]] bool Ended(const std::string& model) {
        return Newest(model)->exit.Lock()->has_value();
    }
    /// Programs of any model that run.
    [[nodiscard]] int Running() {
        int running = 0;
        auto state = state_.Lock();
        for (const auto& [model, lives] : state->lives) {
            for (const auto& life : lives) running += life->exit.Lock()->has_value() ? 0 : 1;
        }
        return running;
    }

  private:
    struct State {
        std::map<std::string, FakeHost::Conduct> conduct;
        std::set<std::string> crash_at_start;
        std::map<std::string, int> starts;
        std::map<std::string, std::vector<std::shared_ptr<Life>>> lives;
    };
    [[nodiscard]] std::shared_ptr<Life> Newest(const std::string& model) {
        auto state = state_.Lock();
        REQUIRE_FALSE(state->lives[model].empty());
        return state->lives[model].back();
    }

    core::Guarded<State> state_;
};

}  // namespace gyre::serving::test
