#include "engine/python/worker.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <thread>

#include "core/guarded.h"
#include "core/process.h"
#include "core/utf8.h"
#include "engine/detail/python_setting.h"
#include "engine/python/channel.h"

namespace gyre::engine::python {
namespace {

using core::Code;
using core::Fail;
using core::SteadyTime;

constexpr size_t kLastLines = 20;
constexpr size_t kLongestLastLine = 2'000;
constexpr int kWorkerSocket = 3;
constexpr core::milliseconds kForLinesOnTheirWay{100};
constexpr core::microseconds kBetweenLooks{20};
constexpr core::milliseconds kToEndByItself{1'000};  // to print a traceback, once it hangs up

SteadyTime In(core::milliseconds time) {
    return core::SystemClock().Now() + time;
}

std::string Setting(const LoadOptions& options, const std::string& name) {
    if (const auto found = options.environment.find(name); found != options.environment.end()) {
        return found->second;
    }
    const char* own = std::getenv(name.c_str());
    return own ? own : "";
}

/// Compute threads for each worker, so that together they are as many as the machine's cores.
int ThreadsOfEach(const LoadOptions& options) {
    const int all = options.threads > 0 ? options.threads
                                        : static_cast<int>(std::thread::hardware_concurrency());
    return std::max(1, all / std::max(1, options.workers));
}

/// What its environment says of names that nobody has set.
std::map<std::string, std::string> UsualEnvironment(const LoadOptions& options) {
    return {{"OMP_NUM_THREADS", std::to_string(ThreadsOfEach(options))},
            // glibc gives tensors of some MiB back as they are freed, and each batch has the pages
            // of all its layers zeroed again.
            {"MALLOC_MMAP_THRESHOLD_", std::to_string(256 << 20)},
            {"MALLOC_TRIM_THRESHOLD_", std::to_string(512 << 20)},
            {"GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"}};  // weights and tensors in huge pages
}

}  // namespace

std::string DefaultPython(const LoadOptions& options) {
    return detail::PythonProgram(options);
}

std::string WorkerPath(const LoadOptions& options) {
    std::string path = detail::WorkerPath(options);
    if (const std::string more = Setting(options, "PYTHONPATH"); !more.empty()) path += ":" + more;
    return path;
}

std::string ValidUtf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    for (size_t at = 0; at < bytes.size();) {
        if (const size_t size = core::Utf8Length(bytes.substr(at)); size > 0) {
            text.append(bytes.substr(at, size));
            at += size;
        } else {
            text.append("\xEF\xBF\xBD");
            at++;
        }
    }
    return text;
}

/// What a worker printed to stderr of late, so that its end can be explained to those whose batch
/// it ran: nothing of what it printed for others.
struct LastLines {
    std::deque<std::string> lines;
    size_t others = 0;     // bytes of the next line that were printed before the batch
    bool unknown = false;  // what comes may have been printed before the batch

    void Add(std::string text) {
        text.erase(0, std::exchange(others, 0));
        lines.push_back(ValidUtf8(text.substr(0, kLongestLastLine)));
        if (lines.size() > kLastLines) lines.pop_front();
    }
};

/// The answers to a batch, and the frame that brought them.
struct Exchange {
    std::vector<core::Result<Reply>> replies;
    Frame frame;
};

struct Worker::Impl {
    std::unique_ptr<Channel> channel;
    pid_t pid = -1;
    int exit_descriptor = -1;
    std::atomic<bool> ended{false};
    std::function<void(std::string_view)> on_log;
    std::function<void(const core::Json&)> on_note;
    core::Guarded<LastLines> last_lines;
    core::Json details;
    std::unique_ptr<core::ChildProcess> process;  // last: its threads use what is above

    ~Impl() {
        channel.reset();
        process.reset();
        if (exit_descriptor >= 0) close(exit_descriptor);
    }

    void OnLine(std::string_view line, bool is_stderr) {
        if (is_stderr) last_lines.Lock()->Add(std::string(line));
        if (on_log) on_log(ValidUtf8(line));
    }

    /// The worker is idle: what it prints from now on belongs to the batch that it gets next.
    void BeginLines() {
        const SteadyTime enough = In(kForLinesOnTheirWay);
        std::optional<size_t> unfinished = process->UnfinishedErrorLine();
        while (!unfinished && core::SystemClock().Now() < enough) {
            std::this_thread::sleep_for(kBetweenLooks);
            unfinished = process->UnfinishedErrorLine();
        }
        auto last = last_lines.Lock();
        last->lines.clear();
        last->others = unfinished.value_or(0);
        last->unknown = !unfinished;
    }

    /// Sends `sent`; what comes back answers `batch`, whose last they are.
    core::Result<Exchange> Ask(std::span<const Request* const> sent,
                               std::span<const Request* const> batch, SteadyTime deadline) {
        const SteadyTime started = core::SystemClock().Now();
        const auto patience = deadline - started;
        const auto ending = [&](const core::Error& cause) {
            return Fail(Ending(cause, std::chrono::duration_cast<core::milliseconds>(
                                          core::SystemClock().Now() - started)));
        };
        BeginLines();
        if (core::Status done = channel->SendBatch(sent, deadline); !done) {
            return ending(done.error());
        }
        std::vector<std::string> parts(batch.size());  // of answers that are wanted whole
        while (true) {
            auto frame = channel->Receive(deadline);
            if (!frame) return ending(frame.error());
            if (frame->kind == FrameKind::kPart) {
                auto part = DecodePart(*frame, batch.size());
                if (!part) return ending(part.error());
                const auto& wanted = batch[part->row]->on_part;
                if (wanted) {
                    wanted(std::move(part->reply));
                    // As TorchServe has it: its time-out is for the next sign of the handler.
                    deadline = std::max(deadline, core::SystemClock().Now() + patience);
                } else {
                    parts[part->row] += part->reply.body.View();
                }
                continue;
            }
            if (frame->kind == FrameKind::kNote) {
                const auto note = core::ParseJson(frame->payload);
                if (note && on_note) on_note(*note);
                continue;
            }
            auto replies = DecodeAnswers(*frame, batch.size());
            if (!replies) return ending(replies.error());
            for (size_t i = 0; i < parts.size(); ++i) {
                if (parts[i].empty() || !(*replies)[i]) continue;
                parts[i] += (*replies)[i]->body.View();
                (*replies)[i]->body = std::move(parts[i]);
            }
            return Exchange{std::move(*replies), std::move(*frame)};
        }
    }

    // What became of a worker that stopped talking. It is dead afterwards.
    core::Error Ending(const core::Error& cause, core::milliseconds waited) {
        ended = true;
        core::Error error(Code::kInternal, "");
        if (cause.code == Code::kDeadlineExceeded) {
            process->Signal(SIGABRT);  // makes it print where it is
            if (!process->Wait(In(kToEndByItself))) process->Terminate(core::milliseconds(0));
            error.code = Code::kDeadlineExceeded;
            error.message = "the model did not answer within " + std::to_string(waited.count()) +
                            " ms, so its worker was ended";
        } else {
            auto exit = process->Wait(In(kToEndByItself));
            if (!exit) exit = process->Terminate(core::milliseconds(0));
            error.message = "the model's Python worker ended (" + exit->ToString() + ")";
            error.details["ProgramEnded"] = exit->ToString();
            if (cause.code == Code::kDataLoss) error.message += " after " + cause.message;
        }
        process.reset();  // waits until all that it printed was read
        auto last = last_lines.Lock();
        if (last->unknown) {
            error.message += "; its log has its last lines";
        } else if (!last->lines.empty()) {
            error.message += "; its last lines:";
            for (const std::string& line : last->lines) error.message += "\n" + line;
        }
        return error;
    }
};

core::Result<std::unique_ptr<Worker>> Worker::Launch(
    const LoadOptions& options, const std::string& python,
    std::function<void(const core::Json&)> on_note) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return Fail(core::ErrnoError("socketpair", errno));
    }
    auto impl = std::make_unique<Impl>();
    impl->on_log = options.on_log;
    impl->on_note = std::move(on_note);

    core::ProcessSpec spec;
    spec.command = {python, "-m", "gyre_worker"};
    spec.environment = options.environment;
    spec.environment["PYTHONPATH"] = WorkerPath(options);
    spec.environment["GYRE_WORKER_FD"] = std::to_string(kWorkerSocket);
    for (const auto& [name, value] : UsualEnvironment(options)) {
        if (Setting(options, name).empty()) spec.environment[name] = value;
    }
    std::error_code ignored;
    const auto directory = std::filesystem::absolute(options.directory, ignored);
    spec.directory = directory;
    spec.descriptors[kWorkerSocket] = ends[1];
    spec.on_line = [state = impl.get()](std::string_view line, bool is_stderr) {
        state->OnLine(line, is_stderr);
    };
    auto process = core::ChildProcess::Start(std::move(spec));
    close(ends[1]);
    if (!process) {
        close(ends[0]);
        return Fail(std::move(process.error()).In("start a Python worker"));
    }
    impl->process = std::move(*process);
    impl->pid = impl->process->Pid();
    impl->exit_descriptor = static_cast<int>(syscall(SYS_pidfd_open, impl->pid, 0));
    impl->channel = std::make_unique<Channel>(ends[0], impl->exit_descriptor);

    const core::JsonObject settings{{"directory", directory.string()}};
    core::Status sent =
        impl->channel->Send(FrameKind::kLoad, core::JsonText(settings), SteadyTime::max());
    if (!sent) return Fail(impl->Ending(sent.error(), {}));
    return std::unique_ptr<Worker>(new Worker(std::move(impl)));
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}
Worker::~Worker() = default;

core::Status Worker::WaitUntilLoaded(SteadyTime deadline) {
    auto answer = impl_->channel->Receive(deadline);
    if (!answer) return Fail(impl_->Ending(answer.error(), {}));
    GYRE_ASSIGN(impl_->details, core::ParseJson(answer->payload));
    if (answer->kind == FrameKind::kLoaded) return {};
    const auto message = core::JsonString(impl_->details, "message");
    return Fail(Code::kInternal, "the model's code failed to load: " +
                                     std::string(message.value_or("no reason was given")));
}

core::Result<Answers> Worker::Run(std::span<const Request* const> batch, SteadyTime deadline) {
    GYRE_ASSIGN(Exchange done, impl_->Ask(batch, batch, deadline));
    return Answers{std::move(done.replies), DecodeCalls(done.frame)};
}

core::Result<StepAnswers> Worker::Step(std::span<const Request* const> batch, size_t joining,
                                       SteadyTime deadline) {
    GYRE_ASSIGN(Exchange done, impl_->Ask(batch.last(joining), batch, deadline));
    return StepAnswers{std::move(done.replies), DecodeGoesOn(done.frame)};
}

core::Status Worker::Leave(std::span<const uint32_t> places, SteadyTime deadline) {
    core::Status sent = impl_->channel->Send(FrameKind::kLeave, EncodePlaces(places), deadline);
    if (!sent) return Fail(impl_->Ending(sent.error(), {}));
    const auto done = impl_->channel->Receive(deadline);
    if (!done) return Fail(impl_->Ending(done.error(), {}));
    if (done->kind == FrameKind::kLeave) return {};
    return Fail(impl_->Ending({Code::kDataLoss, "an answer that nobody asked for"}, {}));
}

const core::Json& Worker::Details() const {
    return impl_->details;
}
pid_t Worker::Pid() const {
    return impl_->pid;
}
int Worker::ExitDescriptor() const {
    return impl_->exit_descriptor;
}
bool Worker::Ended() const {
    if (impl_->ended) return true;
    pollfd polled{impl_->exit_descriptor, POLLIN, 0};
    return impl_->exit_descriptor >= 0 && poll(&polled, 1, 0) > 0;
}
void Worker::Kill() {
    if (impl_->exit_descriptor < 0) return;
    syscall(SYS_pidfd_send_signal, impl_->exit_descriptor, SIGKILL, nullptr, 0);
}

}  // namespace gyre::engine::python
