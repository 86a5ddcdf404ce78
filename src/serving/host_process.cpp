#include "serving/host_process.h"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/guarded.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::milliseconds;
using core::SteadyTime;

constexpr milliseconds kSoonestPoll{10};
constexpr milliseconds kLatestPoll{500};
constexpr milliseconds kDrainingPoll{50};
/// For a program whose connection broke: it is ending, and says how.
constexpr milliseconds kLastBreath{500};
constexpr size_t kLinesOfReason = 5;

LogPlace LogOf(const HostEnvironment& environment, const HostSpec& spec) {
    if (environment.log_place) return environment.log_place(spec);
    return {LogGroup(spec.endpoint), spec.variant + "/" + spec.instance};
}

}  // namespace

/// What callbacks on io threads leave for the next Poll. It outlives both sides.
struct HostProcess::News {
    struct Arrived {
        std::optional<core::Result<HostStatus>> status;
        bool asked = false;
        bool drained = false;
    };
    core::Guarded<Arrived> arrived;
};

HostProcess::HostProcess(const HostEnvironment& environment, HostSpec spec,
                         std::function<void()> wake)
    : environment_(environment),
      spec_(std::move(spec)),
      log_(LogOf(environment, spec_)),
      wake_(std::move(wake)),
      started_(environment.clock->Now()),
      deadline_(started_),
      last_asked_(started_),
      last_heard_(started_),
      last_polled_(started_),
      news_(std::make_shared<News>()) {
    const std::string name = core::HexEncode(core::RandomBytes(6));
    socket_ = (environment.run_directory / (name + ".sock")).string();
    spec_file_ = environment.run_directory / (name + ".json");
    if (environment.runner->Elsewhere()) {
        address_file_ = environment.run_directory / (name + ".address");
        spec_.secret = core::HexEncode(core::RandomBytes(16));
    }
}

HostProcess::~HostProcess() {
    Stop(milliseconds(0));
}

core::Result<std::unique_ptr<HostProcess>> HostProcess::Start(const HostEnvironment& environment,
                                                              HostSpec spec,
                                                              std::function<void()> wake,
                                                              milliseconds load_timeout) {
    std::unique_ptr<HostProcess> host(
        new HostProcess(environment, std::move(spec), std::move(wake)));
    host->deadline_ = host->started_ + load_timeout;
    host->load_timeout_ = load_timeout;
    GYRE_TRY(host->Launch());
    return host;
}

core::Status HostProcess::Launch() {
    GYRE_TRY(core::WriteFileAtomically(core::RealFileSystem(), spec_file_,
                                       core::JsonText(spec_.ToJson())));
    jobs::ProgramSpec program;
    program.name = "endpoint/" + spec_.endpoint + "/" + spec_.variant;
    program.command = {environment_.program.string(), "--spec", spec_file_.string()};
    const std::vector<std::string> place =
        address_file_.empty() ? std::vector<std::string>{"--socket", socket_}
                              : std::vector<std::string>{"--listen", "0.0.0.0:0", "--address-file",
                                                         address_file_.string()};
    program.command.insert(program.command.end(), place.begin(), place.end());
    program.on_line = [logs = environment_.logs, log = log_, printed = environment_.printed,
                       endpoint = spec_.endpoint](std::string_view line, bool) {
        logs->Append(log.group, log.stream, line);
        if (printed) printed(endpoint, line);
    };
    GYRE_ASSIGN(program_, environment_.runner->Start(std::move(program)));
    return {};
}

void HostProcess::Connect() {
    net::FrameClientOptions options;
    options.loop = environment_.loop;
    options.on_disconnect = wake_;
    options.secret = spec_.secret;
    std::string path = socket_;
    if (!address_file_.empty()) {
        auto address = core::ReadFile(core::RealFileSystem(), address_file_);
        if (!address || address->empty()) return;  // still queued, or not listening yet
        path = "tcp:" + address->substr(0, address->find('\n'));
    }
    auto client = net::FrameClient::Connect(path, std::move(options));
    if (!client) return;  // not listening yet
    // Programs lead a process group of their own.
    link_ =
        std::make_shared<HostLink>(std::move(*client), spec_.instance, program_->Pid().value_or(0));
    last_heard_ = environment_.clock->Now();
}

void HostProcess::AskStatus() {
    {
        auto arrived = news_->arrived.Lock();
        if (arrived->asked) return;
        arrived->asked = true;
    }
    last_asked_ = environment_.clock->Now();
    link_->Ask(HostFrame::kStatus, [news = news_, wake = wake_](core::Result<net::Frame> reply) {
        std::optional<core::Result<HostStatus>> status;
        if (reply) {
            auto json = core::ParseJson(reply->head);
            status = json ? HostStatus::FromJson(*json)
                          : core::Result<HostStatus>(core::Fail(std::move(json.error())));
        }
        bool loading = false;
        {
            auto arrived = news->arrived.Lock();
            arrived->asked = false;
            loading = status && *status && (*status)->state == HostStatus::State::kLoading;
            arrived->status = std::move(status);
        }
        if (!loading) wake();
    });
}

void HostProcess::ReadNews() {
    std::optional<core::Result<HostStatus>> status;
    {
        auto arrived = news_->arrived.Lock();
        status = std::exchange(arrived->status, std::nullopt);
        if (arrived->drained && state_ == State::kDraining) state_ = State::kDrained;
    }
    if (!status) return;
    last_heard_ = environment_.clock->Now();
    if (state_ == State::kReady && *status && !(*status)->model.is_null()) {
        model_ = std::move((*status)->model);
    }
    if (state_ != State::kStarting) return;
    if (!*status) return End("its status cannot be read: " + status->error().message);
    if ((*status)->state == HostStatus::State::kReady) {
        state_ = State::kReady;
        // Which precision was chosen, how it batches and what was measured: for the user.
        model_ = std::move((*status)->model);
        if (!model_.is_null()) Note("ready: " + core::JsonText(model_));
    }
    if ((*status)->state == HostStatus::State::kFailed) {
        state_ = State::kFailed;
        reason_ = (*status)->reason;
    }
}

void HostProcess::Note(const std::string& line) const {
    environment_.logs->Append(log_.group, log_.stream, "gyre: " + line);
}

std::string HostProcess::LastLines() const {
    std::string text;
    for (const std::string& line :
         environment_.logs->Tail(log_.group, log_.stream, kLinesOfReason)) {
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

void HostProcess::End(std::string reason) {
    Stop(milliseconds(0));
    state_ = State::kEnded;
    reason_ = std::move(reason);
    if (const std::string lines = LastLines(); !lines.empty()) {
        reason_ += "; its last lines:\n" + lines;
    }
}

void HostProcess::EndCutOff() {
    const core::ExitStatus exit = program_->Stop(kLastBreath);
    End("the model's host ended (" + exit.ToString() + ")");
}

HostProcess::State HostProcess::Poll() {
    if (state_ == State::kEnded || state_ == State::kFailed || state_ == State::kDrained) {
        return state_;
    }
    ReadNews();
    const SteadyTime now = environment_.clock->Now();
    // What it said while this server was held up itself has not been read yet.
    if (now - last_polled_ > environment_.silence_timeout / 2) last_heard_ = now;
    last_polled_ = now;
    if (const auto exit = program_->Wait(SteadyTime{})) {
        if (state_ == State::kDraining) {
            state_ = State::kDrained;
        } else if (state_ != State::kFailed) {
            End("the model's host ended (" + exit->ToString() + ")");
        }
        return state_;
    }
    switch (state_) {
        case State::kStarting:
            if (link_ != nullptr && !link_->Connected()) {
                EndCutOff();  // asked again, it would not answer
                break;
            }
            if (link_ == nullptr) Connect();
            if (link_ != nullptr) AskStatus();
            // In a cluster's queue it loads nothing yet.
            if (link_ == nullptr && !address_file_.empty()) deadline_ = now + load_timeout_;
            if (now > deadline_) {
                const auto waited = std::chrono::duration_cast<core::seconds>(now - started_);
                End("the model was not ready " + std::to_string(waited.count()) +
                    " s after its start");
                state_ = State::kFailed;  // it would take as long again
            }
            break;
        case State::kReady:
        case State::kDraining: {
            if (now - last_asked_ >= environment_.status_interval) AskStatus();
            const bool silent = now - last_heard_ > environment_.silence_timeout;
            if (!silent && link_->Connected()) break;
            if (state_ == State::kDraining) {
                state_ = State::kDrained;
            } else if (silent) {
                End("the model's host did not answer any more and was killed");
            } else {
                EndCutOff();
            }
            break;
        }
        default:
            break;
    }
    return state_;
}

milliseconds HostProcess::PollAgain() const {
    switch (state_) {
        case State::kStarting:
            // Some models load in milliseconds, some in minutes.
            return std::clamp(
                std::chrono::duration_cast<milliseconds>(environment_.clock->Now() - started_) / 10,
                kSoonestPoll, kLatestPoll);
        case State::kDraining:
            return kDrainingPoll;
        default:
            return environment_.status_interval;
    }
}

void HostProcess::Drain() {
    if (state_ != State::kReady) {
        state_ = State::kDrained;
        return;
    }
    state_ = State::kDraining;
    link_->Ask(HostFrame::kDrain, [news = news_, wake = wake_](const core::Result<net::Frame>&) {
        news->arrived.Lock()->drained = true;
        wake();
    });
}

void HostProcess::Stop(milliseconds grace) {
    if (program_ != nullptr) program_->Stop(grace);
    program_ = nullptr;
    if (link_ != nullptr) link_->Close();
    std::error_code ignored;
    std::filesystem::remove(socket_, ignored);
    std::filesystem::remove(spec_file_, ignored);
    if (!address_file_.empty()) std::filesystem::remove(address_file_, ignored);
}

}  // namespace gyre::serving
