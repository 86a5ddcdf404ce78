#include "host/container_model.h"

#include <boost/json.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <random>
#include <thread>

#include "core/ascii.h"
#include "core/cancel.h"
#include "core/digest.h"
#include "core/guarded.h"
#include "core/log.h"
#include "core/process.h"
#include "core/worker_pool.h"
#include "host/ping_judge.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace gyre::host {
namespace {

using core::Code;
using core::Fail;
using core::milliseconds;
using core::Result;
using core::SteadyTime;

constexpr const char* kModels = "/models";
constexpr size_t kLinesKept = 20;
constexpr size_t kMostRefusal = 64 << 10;  // of what a program says of a stream that it refuses
constexpr milliseconds kLongestPause{60'000};
constexpr milliseconds kToDie{2'000};  // from the end of its connections to its own, or its SIGTERM

SteadyTime Now() {
    return core::SystemClock().Now();
}

/// What the program said last, for the answers to what it died of. Thread-safe.
class LastLines {
  public:
    void Add(std::string_view line) {
        auto lines = lines_.Lock();
        lines->emplace_back(line);
        if (lines->size() > kLinesKept) lines->pop_front();
    }
    std::string Text() const {
        std::string text;
        for (const std::string& line : *lines_.Lock()) text += "\n" + line;
        return text;
    }

  private:
    core::Guarded<std::deque<std::string>> lines_;
};

using SharedJudge = core::Guarded<PingJudge>;

/// A stream's body, as the HTTP client reads bodies: when what was read before has been sent.
class StreamBody final : public net::BodyReader {
  public:
    StreamBody(engine::Stream& stream, SharedJudge& judge) : stream_(stream), judge_(judge) {}
    Result<size_t> Read(std::span<char> into) override {
        if (at_ == piece_.size()) {
            piece_ = {};  // its memory is the sender's
            at_ = 0;
            GYRE_ASSIGN(piece_, stream_.NextPiece());
            judge_.Lock()->Moved(Now());
        }
        const size_t size = piece_.View().copy(into.data(), into.size(), at_);
        at_ += size;
        return size;
    }
    std::optional<uint64_t> Length() const override { return std::nullopt; }

  private:
    engine::Stream& stream_;
    SharedJudge& judge_;
    core::Body piece_;
    size_t at_ = 0;
};

/// What belongs to the connection, or has a member of its own, is not the answer's.
bool IsRelayed(std::string_view name) {
    for (const char* own : {"content-type", "content-length", "connection", "keep-alive",
                            "transfer-encoding", "date", "server"}) {
        if (net::EqualsIgnoreCase(name, own)) return false;
    }
    return true;
}

/// Without its body.
engine::Reply ReplyOf(const net::Response& response) {
    engine::Reply reply;
    reply.status = response.status;
    reply.content_type = response.headers.Get("content-type");
    for (const auto& [name, value] : response.headers) {
        if (IsRelayed(name)) reply.headers.insert_or_assign(core::AsciiLower(name), value);
    }
    return reply;
}

/// An answer that is given on as it comes; one that is none of 2xx is kept, for the reply.
class Pieces {
  public:
    explicit Pieces(std::function<core::Status(engine::Reply)> give) : give_(std::move(give)) {}

    net::HttpClient::TakePiece Take() {
        return [this](const net::Response& head, std::string_view piece) -> core::Status {
            if (head.status >= 200 && head.status < 300) {
                engine::Reply part = ReplyOf(head);
                part.body = std::string(piece);
                return give_(std::move(part));
            }
            refusal_.append(piece.substr(0, kMostRefusal - refusal_.size()));
            return {};
        };
    }
    /// The reply, when all pieces were taken.
    engine::Reply Rest(const net::Response& response) {
        engine::Reply reply = ReplyOf(response);
        reply.body = std::move(refusal_);
        return reply;
    }

  private:
    const std::function<core::Status(engine::Reply)> give_;
    std::string refusal_;
};

struct Input final : engine::Prepared {
    explicit Input(engine::Request r) : request(std::move(r)) {}
    const std::string& BatchKey() const override { return key; }
    int Rows() const override { return 1; }

    std::string key;
    engine::Request request;
};

/// One run of the program.
struct Instance {
    explicit Instance(const ContainerTimes& times)
        : judge(PingJudge(kMostFailedPings, times.answer)) {}

    SharedJudge judge;
    LastLines lines;  // first: the process's reader adds to them until it is gone
    std::string address;
    std::string invocations = "/invocations";  ///< where it is asked
    std::unique_ptr<net::HttpClient> client;
    std::unique_ptr<core::ChildProcess> process;
};

/// A port of the loopback that was free just now; below those that the system gives to whoever
/// wants any, if possible, so that nobody gets it before the program has bound it.
Result<std::string> FreeAddress() {
    constexpr int kLowest = 20'000, kBelow = 32'768, kTries = 16;
    std::uniform_int_distribution<int> port(kLowest, kBelow - 1);
    std::random_device random;
    const auto try_port = [](int number) {
        return net::HttpServer::Start({.address = "127.0.0.1:" + std::to_string(number)},
                                      [](const std::shared_ptr<net::Exchange>&) {});
    };
    for (int i = 0; i < kTries; ++i) {
        if (const auto server = try_port(port(random))) return (*server)->Address();
    }
    GYRE_ASSIGN(const auto server, try_port(0));
    return server->Address();
}

class ContainerModel final : public engine::Model {
  public:
    ContainerModel(const serving::HostSpec& spec, int workers,
                   std::function<void(std::string_view)> on_log, const ContainerTimes& times)
        : spec_(spec),
          workers_(workers),
          on_log_(std::move(on_log)),
          times_(times),
          target_(TargetOf(spec)),
          target_name_(NameOf(target_)) {
        info_.platform = "container";
        info_.streams = true;
    }
    ~ContainerModel() override {
        stop_.Cancel();
        if (const auto instance = *instance_.Lock()) {
            UnloadModel(*instance);
            instance->process->Terminate(times_.grace);
        }
        if (supervisor_.joinable()) supervisor_.join();
    }

    core::Status Start() {
        GYRE_ASSIGN(auto instance, StartInstance());
        AskForParameters(*instance);
        *instance_.Lock() = std::move(instance);
        supervisor_ = std::thread([this] { Supervise(); });
        return {};
    }

    const engine::ModelInfo& Info() const override { return info_; }
    int Concurrency() const override { return workers_; }
    uint64_t WorkerRestarts() const override { return restarts_; }

    Result<std::unique_ptr<engine::Prepared>> Prepare(engine::Request request) override {
        return std::make_unique<Input>(std::move(request));
    }

    std::vector<Result<engine::Reply>> Run(std::span<const std::unique_ptr<engine::Prepared>> batch,
                                           SteadyTime deadline) override {
        std::vector<Result<engine::Reply>> replies;
        for (const auto& item : batch) {
            replies.push_back(Ask(static_cast<Input&>(*item).request, deadline));
        }
        return replies;
    }

  private:
    Result<engine::Reply> Ask(engine::Request& request, SteadyTime deadline) {
        const std::shared_ptr<Instance> instance = *instance_.Lock();
        // One that has ended may not have been taken away yet.
        if (!instance || instance->process->Wait(SteadyTime::min())) {
            return Fail(Code::kUnavailable,
                        "the model's program ended and is being started again; retry later");
        }
        net::ClientRequest ask{.method = "POST", .target = instance->invocations};
        for (auto& [name, value] : request.headers) ask.headers.Add(name, std::move(value));
        if (!target_.empty()) ask.headers.Set("X-Amzn-SageMaker-Target-Model", target_);
        if (!request.content_type.empty()) ask.headers.Set("content-type", request.content_type);
        if (!request.accept.empty()) ask.headers.Set("accept", request.accept);
        instance->judge.Lock()->Sent(Now());
        if (request.stream) return AskStreamed(*instance, ask, *request.stream);
        ask.body = std::move(request.body).Text();
        const auto left =
            std::max(milliseconds(1), std::chrono::ceil<milliseconds>(deadline - Now()));
        if (request.on_part) return AskForParts(*instance, ask, request.on_part, left);
        auto response = instance->client->Send(ask, left);
        instance->judge.Lock()->Ended(Now(), response.has_value());
        if (!response) return Fail(WhyNot(*instance, std::move(response.error())));
        engine::Reply reply = ReplyOf(*response);
        reply.body = std::move(response->body);
        return reply;
    }

    Result<engine::Reply> AskStreamed(Instance& instance, const net::ClientRequest& ask,
                                      engine::Stream& stream) {
        StreamBody body(stream, instance.judge);
        Pieces pieces([&](engine::Reply part) {
            instance.judge.Lock()->Moved(Now());
            return stream.Give(std::move(part));
        });
        auto response = instance.client->SendChunked(ask, body, pieces.Take(), stream.Patience(),
                                                     stream.Cancelled());
        instance.judge.Lock()->Ended(Now(), response.has_value());
        if (!response) return Fail(WhyNot(instance, std::move(response.error())));
        return pieces.Rest(*response);
    }

    /// `patience`: for its next part.
    Result<engine::Reply> AskForParts(Instance& instance, const net::ClientRequest& ask,
                                      const std::function<void(engine::Reply)>& on_part,
                                      milliseconds patience) {
        Pieces pieces([&](engine::Reply part) -> core::Status {
            instance.judge.Lock()->Moved(Now());
            on_part(std::move(part));
            return {};
        });
        auto response = instance.client->SendForPieces(ask, pieces.Take(), patience, stop_);
        instance.judge.Lock()->Ended(Now(), response.has_value());
        if (!response) return Fail(WhyNot(instance, std::move(response.error())));
        return pieces.Rest(*response);
    }

    /// The error of a request, with the program's end where that was the cause.
    core::Error WhyNot(Instance& instance, core::Error error) {
        if (error.code == Code::kDeadlineExceeded || error.code == Code::kCancelled) return error;
        // A connection ends before its process does: a moment, and where the machine is busy a
        // longer one.
        const auto exit = instance.process->Wait(Now() + kToDie);
        if (!exit) return std::move(error).In("the model's program gave no answer");
        core::Error ended(
            Code::kInternal,
            "the model's program ended (" + exit->ToString() +
                ") while it was at work on the request; its last lines:" + instance.lines.Text());
        ended.details["ProgramEnded"] = exit->ToString();
        return ended;
    }

    Result<std::shared_ptr<Instance>> StartInstance() {
        auto instance = std::make_shared<Instance>(times_);
        GYRE_ASSIGN(instance->address, FreeAddress());
        const std::string port = instance->address.substr(instance->address.rfind(':') + 1);
        core::ProcessSpec process;
        process.command = spec_.container_command;
        process.command.emplace_back("serve");
        process.directory = spec_.container_directory;
        process.environment = spec_.environment;
        process.environment["SAGEMAKER_BIND_TO_PORT"] = port;
        process.environment["PORT"] = port;
        if (!spec_.model_directory.empty()) {
            process.environment["SM_MODEL_DIR"] = spec_.model_directory;
        }
        process.on_line = [this, lines = &instance->lines](std::string_view line, bool) {
            lines->Add(line);
            if (on_log_) on_log_(line);
        };
        auto started = core::ChildProcess::Start(std::move(process));
        if (!started) {
            return Fail(Code::kInvalidArgument,
                        "the model's program cannot be started: " + started.error().message);
        }
        instance->process = std::move(*started);
        instance->client = std::make_unique<net::HttpClient>(instance->address);
        GYRE_TRY(WaitUntilHealthy(*instance));
        if (!target_.empty()) GYRE_TRY(LoadModel(*instance));
        return instance;
    }

    /// As a multi-model endpoint's container is asked to.
    core::Status LoadModel(Instance& instance) const {
        net::ClientRequest ask{.method = "POST", .target = kModels};
        ask.headers.Set("content-type", "application/json");
        ask.body = core::JsonText(
            core::JsonObject{{"model_name", target_name_}, {"url", spec_.model_directory}});
        const auto answer = instance.client->Send(ask, times_.start_up);
        if (!answer) {
            return Fail(Code::kInvalidArgument,
                        "the model's program did not answer POST /models: " +
                            answer.error().message + "; its last lines:" + instance.lines.Text());
        }
        const bool none = answer->status == 404 || answer->status == 405 || answer->status == 501;
        if (none) return {};                                   // it serves what is in its folder
        if (answer->status >= 300 && answer->status != 409) {  // 409: it is loaded already
            return Fail(Code::kInvalidArgument, "the model's program does not load the model (" +
                                                    std::to_string(answer->status) +
                                                    "): " + answer->body.substr(0, kMostRefusal));
        }
        instance.invocations = ModelPath() + "/invoke";
        return {};
    }

    /// Its time to put away what it keeps of the model.
    void UnloadModel(Instance& instance) const {
        if (!instance.invocations.starts_with(kModels)) return;
        (void)instance.client->Send({.method = "DELETE", .target = ModelPath()},
                                    times_.ping_timeout);
    }

    std::string ModelPath() const { return kModels + ("/" + target_name_); }

    /// Of a multi-model endpoint: which of its models; "" of any other.
    static std::string TargetOf(const serving::HostSpec& spec) {
        const auto target = spec.environment.find(std::string(serving::kTargetModelVariable));
        return target == spec.environment.end() ? "" : target->second;
    }

    /// Letters and digits, however the model is called: it is in paths and may name files.
    static std::string NameOf(std::string_view target) {
        return core::HexEncode(core::Sha256(target)).substr(0, 32);
    }

    /// On a connection that ends with it: a server of one thread waits on one that is kept.
    Result<net::Response> Ping(Instance& instance) const {
        net::ClientRequest ask{.method = "GET", .target = "/ping"};
        ask.headers.Set("connection", "close");
        return instance.client->Send(ask, times_.ping_timeout);
    }

    core::Status WaitUntilHealthy(Instance& instance) {
        const SteadyTime end = Now() + times_.start_up;
        std::string last = "no connection";
        while (true) {
            const auto answer = Ping(instance);
            if (answer && answer->status == 200) return {};
            last = answer ? "status " + std::to_string(answer->status) : answer.error().message;
            if (const auto exit = instance.process->Wait(Now() + times_.ping_every)) {
                return Fail(Code::kInvalidArgument,
                            "the model's program ended (" + exit->ToString() +
                                ") before GET /ping was answered with 200; its last lines:" +
                                instance.lines.Text());
            }
            if (stop_.Cancelled()) return Fail(Code::kCancelled, "the host stops");
            if (Now() >= end) {
                return Fail(Code::kInvalidArgument,
                            "the model's program did not answer GET /ping with 200 within " +
                                std::to_string(times_.start_up.count() / 1000) + " s (" + last +
                                "); its last lines:" + instance.lines.Text());
            }
        }
    }

    /// What a batch job's container says it can take; those without the page answer otherwise.
    void AskForParameters(Instance& instance) {
        if (!spec_.environment.contains("SAGEMAKER_BATCH")) return;
        const auto answer = instance.client->Send(
            {.method = "GET", .target = "/execution-parameters"}, times_.ping_timeout);
        if (!answer || answer->status != 200) return;
        auto parameters = core::ParseJson(answer->body);
        if (!parameters || !parameters->is_object()) return;
        info_.details = core::JsonObject{{"execution_parameters", std::move(*parameters)}};
    }

    core::ExitStatus WatchUntilItEnds(Instance& instance) {
        while (true) {
            if (const auto exit = instance.process->Wait(Now() + times_.ping_pause)) return *exit;
            const auto answer = Ping(instance);
            auto judge = instance.judge.Lock();
            if (answer && answer->status == 200) {
                judge->Pinged(Now());
            } else if (judge->PingFailed(Now()) && !stop_.Cancelled()) {
                break;
            }
        }
        instance_.Lock()->reset();  // it gets no more requests
        core::LogWarning("the model's program answers no GET /ping and is started again",
                         {{"failed", kMostFailedPings}});
        return instance.process->Terminate(kToDie);
    }

    void Supervise() {
        core::SetThreadName("host-container");
        milliseconds pause = times_.first_pause;
        while (true) {
            const std::shared_ptr<Instance> instance = *instance_.Lock();
            if (instance) {
                const SteadyTime healthy_since = Now();
                const auto exit = WatchUntilItEnds(*instance);
                instance_.Lock()->reset();
                if (stop_.Cancelled()) return;
                core::LogWarning("the model's program ended", {{"exit", exit.ToString()}});
                if (Now() - healthy_since > kLongestPause) pause = times_.first_pause;
            }
            if (stop_.WaitUntil(Now() + pause)) return;
            pause = std::min(2 * pause, kLongestPause);
            restarts_++;
            auto next = StartInstance();
            if (!next) {
                core::LogWarning("the model's program does not start",
                                 {{"reason", next.error().message}});
                continue;
            }
            *instance_.Lock() = std::move(*next);
            // A stop that saw no instance to end.
            if (stop_.Cancelled()) (*instance_.Lock())->process->Terminate(times_.grace);
        }
    }

    const serving::HostSpec spec_;
    const int workers_;
    const std::function<void(std::string_view)> on_log_;
    const ContainerTimes times_;
    const std::string target_;
    const std::string target_name_;
    engine::ModelInfo info_;
    core::CancelToken stop_;
    std::atomic<uint64_t> restarts_{0};
    core::Guarded<std::shared_ptr<Instance>> instance_;  ///< null while there is none
    std::thread supervisor_;
};

}  // namespace

Result<std::unique_ptr<engine::Model>> StartContainer(const serving::HostSpec& spec, int workers,
                                                      std::function<void(std::string_view)> on_log,
                                                      const ContainerTimes& times) {
    auto model = std::make_unique<ContainerModel>(spec, workers, std::move(on_log), times);
    GYRE_TRY(model->Start());
    return model;
}

}  // namespace gyre::host
