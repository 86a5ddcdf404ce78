#include "host/host_server.h"

#include <boost/json.hpp>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "core/guarded.h"
#include "core/inference_media.h"
#include "core/log.h"
#include "core/worker_pool.h"
#include "host/batcher.h"
#include "host/body_streams.h"
#include "host/continuous_batcher.h"
#include "host/host_metrics.h"
#include "host/model_options.h"
#include "host/model_report.h"
#include "host/warm_up.h"
#include "net/frame_channel.h"

namespace gyre::host {

using core::Code;
using core::Error;
using core::microseconds;
using core::SteadyTime;
using net::Frame;
using serving::HostFrame;
using serving::HostStatus;

namespace {

constexpr int kPrepareThreads = 2;

Frame ErrorFrame(uint32_t kind, Error error) {
    serving::ReplyHead head;
    head.error = std::move(error);
    return {.kind = kind, .head = serving::EncodeReplyHead(head)};
}

Frame AnswerFrame(uint32_t kind, JobRunner::Outcome outcome, bool trace) {
    serving::ReplyHead head;
    if (trace) head.trace = outcome.trace;
    if (!outcome.reply) {
        head.error = std::move(outcome.reply.error());
        return {.kind = kind, .head = serving::EncodeReplyHead(head)};
    }
    engine::Reply& reply = *outcome.reply;
    head.status = reply.status;
    head.content_type = std::move(reply.content_type);
    head.headers.assign(reply.headers.begin(), reply.headers.end());
    return {.kind = kind, .head = serving::EncodeReplyHead(head), .body = std::move(reply.body)};
}

engine::Request MakeRequest(serving::InvokeHead head, core::Body body,
                            const std::string& endpoint) {
    engine::Request request;
    request.id = std::move(head.request_id);
    request.content_type = std::move(head.content_type);
    request.accept = std::move(head.accept);
    request.body = std::move(body);
    for (auto& [name, value] : head.headers) {
        request.headers.insert_or_assign(std::move(name), std::move(value));
    }
    if (core::IsInferenceContentType(request.content_type)) {
        request.headers[engine::kModelNameHeader] = endpoint;
    }
    return request;
}

}  // namespace

class HostServer::Impl {
  public:
    explicit Impl(HostServerOptions options)
        : options_(std::move(options)),
          metrics_(options_.spec.endpoint, options_.spec.variant, options_.spec.instance) {}

    ~Impl() { Stop(); }

    core::Status Listen() {
        GYRE_ASSIGN(server_,
                    net::FrameServer::Start(options_.socket,
                                            [this](Frame frame, net::FrameServer::Reply reply) {
                                                Handle(std::move(frame), std::move(reply));
                                            },
                                            {.secret = options_.spec.secret}));
        loader_ = std::thread([this] { Load(); });
        return {};
    }

    const net::FrameServer& Server() const { return *server_; }

    HostStatus Status() const {
        HostStatus status = *status_.Lock();
        if (status.state == HostStatus::State::kReady) {
            const JobRunner& runner = *ready_.load();
            status.outstanding = runner.Outstanding();
            Refresh(status.model, *model_, runner.Limits());
            status.statistics = metrics_.Statistics().ToJson();
        }
        return status;
    }

    void Drain(std::function<void()> drained) {
        draining_ = true;
        if (JobRunner* runner = ready_.load()) return runner->Drain(std::move(drained));
        drained();
    }

    void Stop() {
        draining_ = true;
        if (loader_.joinable()) loader_.join();
        streams_.Stop();
        if (runner_) runner_->Stop();
        if (server_) server_->Stop();
    }

  private:
    void Handle(Frame frame, net::FrameServer::Reply reply) {
        switch (static_cast<HostFrame>(frame.kind)) {
            case HostFrame::kStatus:
                return reply({.kind = frame.kind, .head = core::JsonText(Status().ToJson())});
            case HostFrame::kInvoke:
                return Invoke(std::move(frame), std::move(reply));
            case HostFrame::kMetrics: {
                const JobRunner* runner = ready_.load();
                if (runner) {
                    metrics_.OutstandingIs(runner->Outstanding());
                    metrics_.WorkerRestartsAre(model_->WorkerRestarts());
                }
                return reply({.kind = frame.kind, .body = metrics_.PrometheusText()});
            }
            case HostFrame::kDrain: {
                const uint32_t kind = frame.kind;
                return Drain([reply = std::move(reply), kind] { reply({.kind = kind}); });
            }
            case HostFrame::kPiece:
                return streams_.Piece(std::move(frame), std::move(reply));
            case HostFrame::kPart:
                return streams_.Part(frame, std::move(reply));
            case HostFrame::kForget:
                if (JobRunner* runner = ready_.load()) runner->Forget(frame.head);
                return reply({.kind = frame.kind});
        }
        reply(ErrorFrame(frame.kind, Error(Code::kUnimplemented, "a frame of unknown kind " +
                                                                     std::to_string(frame.kind))));
    }

    void Invoke(Frame frame, net::FrameServer::Reply reply) {
        const uint32_t kind = frame.kind;
        JobRunner* const runner = ready_.load(std::memory_order_acquire);
        if (runner == nullptr || draining_) {
            return reply(ErrorFrame(kind, NotServing()));
        }
        auto head = serving::DecodeInvokeHead(frame.head);
        if (!head) return reply(ErrorFrame(kind, std::move(head.error())));
        const SteadyTime now = core::SystemClock().Now();
        JobRunner::Job job;
        job.arrival = now - microseconds(std::min(head->waited_us, kLongest));
        job.deadline = head->deadline_us == 0
                           ? SteadyTime::max()
                           : now + microseconds(std::min(head->deadline_us, kLongest));
        const bool trace = head->trace;
        const bool parts = head->parts;
        const std::string streamed = head->streamed ? head->request_id : "";
        std::shared_ptr<engine::Stream> stream;
        if (head->streamed) {
            auto opened = OpenStream(*head);
            if (!opened) return reply(ErrorFrame(kind, std::move(opened.error())));
            stream = std::move(*opened);
            job.deadline = now + microseconds(kLongest);
        }
        job.request = MakeRequest(std::move(*head), std::move(frame.body), options_.spec.endpoint);
        if (parts) {
            job.request.on_part = [reply, kind](engine::Reply part) {
                Frame answer = AnswerFrame(kind, {std::move(part), std::nullopt}, false);
                answer.more = true;
                reply(std::move(answer));
            };
        }
        job.request.stream = std::move(stream);
        job.done = [this, reply = std::move(reply), kind, trace,
                    streamed](JobRunner::Outcome outcome) {
            if (!streamed.empty()) streams_.Close(streamed);
            reply(AnswerFrame(kind, std::move(outcome), trace));
        };
        runner->Submit(std::move(job));
    }

    core::Result<std::shared_ptr<engine::Stream>> OpenStream(const serving::InvokeHead& head) {
        if (head.request_id.empty()) {
            return core::Fail(Code::kInvalidArgument, "a streamed request needs an id");
        }
        if (!model_->Info().streams) {
            return core::Fail(Code::kUnimplemented, "the model takes whole bodies only");
        }
        const uint64_t patience = head.deadline_us == 0 ? kLongest : head.deadline_us;
        auto stream = streams_.Open(
            head.request_id,
            std::chrono::ceil<core::milliseconds>(microseconds(std::min(patience, kLongest))));
        if (stream == nullptr) {
            return core::Fail(Code::kAlreadyExists, "a request of that id is under way");
        }
        return stream;
    }

    Error NotServing() const {
        auto status = status_.Lock();
        if (status->state == HostStatus::State::kFailed) {
            return {Code::kFailedPrecondition, "the model failed to load: " + status->reason};
        }
        Error error(Code::kUnavailable,
                    draining_ ? "the host is draining" : "the model is still being loaded");
        error.details["Retry-After"] = "1";
        return error;
    }

    void Load() {
        core::SetThreadName("host-load");
        try {
            if (auto loaded = LoadAndWarmUp(); !loaded) Failed(loaded.error().message);
        } catch (const std::exception& error) {
            Failed(std::string("the model's load threw: ") + error.what());
        }
    }

    core::Status LoadAndWarmUp() {
        const serving::HostSpec& spec = options_.spec;
        GYRE_ASSIGN(const ModelOptions options, ReadModelOptions(spec.environment));
        engine::LoadOptions load;
        load.directory = spec.model_directory;
        load.environment = spec.environment;
        if (!spec.python.empty()) load.environment.emplace("GYRE_PYTHON", spec.python);
        load.workers = options.workers.value_or(1);
        load.threads = spec.threads;
        load.precision = options.precision;
        load.accuracy_tolerance = options.accuracy_tolerance;
        load.cache_directory = spec.cache_directory;
        load.response_timeout = options.response_timeout;
        load.restart_for = options.restart_workers_for;
        load.on_log = options_.on_log;
        GYRE_ASSIGN(model_, options_.load(load));
        runner_ = MakeRunner(options);
        // First: who hears that it is ready asks it at once.
        ready_.store(runner_.get(), std::memory_order_release);
        {
            auto status = status_.Lock();
            status->state = HostStatus::State::kReady;
            status->model = DescribeModel(*model_, options, runner_->Limits());
        }
        core::LogInfo("the model is ready", {{"endpoint", spec.endpoint},
                                             {"variant", spec.variant},
                                             {"platform", model_->Info().platform}});
        return {};
    }

    std::unique_ptr<JobRunner> MakeRunner(const ModelOptions& options) {
        const core::Clock& clock = core::SystemClock();
        if (model_->ContinuousRows() > 0) {
            return StartContinuousBatcher(*model_, options, metrics_, clock);
        }
        auto batcher = std::make_unique<Batcher>(*model_, BatcherOptions{options, kPrepareThreads},
                                                 metrics_, clock);
        WarmUp(*model_, *batcher, clock);
        return batcher;
    }

    void Failed(const std::string& reason) {
        core::LogError("the model failed to load", {{"reason", reason}});
        auto status = status_.Lock();
        status->state = HostStatus::State::kFailed;
        status->reason = reason;
    }

    /// A time that is far and keeps sums of times in range.
    static constexpr uint64_t kLongest = uint64_t{86'400'000'000} * 365;

    const HostServerOptions options_;
    HostMetrics metrics_;
    core::Guarded<HostStatus> status_;
    BodyStreams streams_;
    std::atomic<bool> draining_{false};
    std::unique_ptr<engine::Model> model_;
    std::unique_ptr<JobRunner> runner_;
    std::atomic<JobRunner*> ready_{nullptr};
    std::unique_ptr<net::FrameServer> server_;
    std::thread loader_;
};

HostServer::HostServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}

core::Result<std::unique_ptr<HostServer>> HostServer::Start(HostServerOptions options) {
    auto impl = std::make_unique<Impl>(std::move(options));
    GYRE_TRY(impl->Listen());
    return std::unique_ptr<HostServer>(new HostServer(std::move(impl)));
}

HostServer::~HostServer() = default;

HostStatus HostServer::Status() const {
    return impl_->Status();
}

size_t HostServer::Clients() const {
    return impl_->Server().Clients();
}

std::string HostServer::Address() const {
    return impl_->Server().Address();
}

bool HostServer::Drain(SteadyTime deadline) {
    auto done = std::make_shared<core::Guarded<bool>>(false);
    impl_->Drain([done] {
        *done->Lock() = true;
        done->NotifyAll();
    });
    auto drained = done->Lock();
    return drained.WaitUntil(deadline, [&] { return *drained; });
}

void HostServer::Stop() {
    impl_->Stop();
}

}  // namespace gyre::host
