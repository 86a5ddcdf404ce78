#include "engine/python/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <deque>

#include "core/guarded.h"
#include "core/process.h"
#include "engine/python/frames.h"

namespace gyre::engine::python {
namespace {

using core::Code;
using core::Fail;

constexpr size_t kLastLines = 20;
constexpr int kWorkerSocket = 3;

std::string Setting(const LoadOptions& options, const std::string& name, const char* otherwise) {
    if (const auto found = options.environment.find(name); found != options.environment.end()) {
        return found->second;
    }
    const char* own = std::getenv(name.c_str());
    return own ? own : otherwise;
}

}  // namespace

struct Worker::Impl {
    int socket = -1;
    std::function<void(std::string_view)> on_log;
    core::Guarded<std::deque<std::string>> last_lines;  // of stderr
    core::Json details;
    std::unique_ptr<core::ChildProcess> process;  // last: its threads use what is above

    ~Impl() {
        if (socket >= 0) close(socket);
        process.reset();
    }

    void OnLine(std::string_view line, bool is_stderr) {
        if (is_stderr) {
            auto lines = last_lines.Lock();
            lines->emplace_back(line);
            if (lines->size() > kLastLines) lines->pop_front();
        }
        if (on_log) on_log(line);
    }

    // What became of a worker that stopped talking.
    core::Error Ending(const core::Error& cause) {
        if (cause.code == Code::kDeadlineExceeded) {
            process->Signal(SIGKILL);
            return {Code::kDeadlineExceeded, "the model did not answer in time"};
        }
        const core::ExitStatus exit = process->Terminate(core::milliseconds(1000));
        std::string message = "the model's Python worker ended (" + exit.ToString() + ")";
        auto lines = last_lines.Lock();
        for (const std::string& line : *lines) message += "\n" + line;
        return {Code::kInternal, message};
    }
};

core::Result<std::unique_ptr<Worker>> Worker::Start(const LoadOptions& options) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return Fail(core::ErrnoError("socketpair", errno));
    }
    auto impl = std::make_unique<Impl>();
    impl->socket = ends[0];
    impl->on_log = options.on_log;

    core::ProcessSpec spec;
    spec.command = {Setting(options, "GYRE_PYTHON", GYRE_DEFAULT_PYTHON), "-u", "-m",
                    "gyre_worker"};
    spec.environment = options.environment;
    std::string path = Setting(options, "GYRE_WORKER_PATH", GYRE_DEFAULT_WORKER_PATH);
    if (const std::string more = Setting(options, "PYTHONPATH", ""); !more.empty()) {
        path += ":" + more;
    }
    spec.environment["PYTHONPATH"] = path;
    spec.environment["GYRE_WORKER_FD"] = std::to_string(kWorkerSocket);
    spec.directory = options.directory;
    spec.descriptors[kWorkerSocket] = ends[1];
    spec.on_line = [state = impl.get()](std::string_view line, bool is_stderr) {
        state->OnLine(line, is_stderr);
    };
    auto process = core::ChildProcess::Start(std::move(spec));
    close(ends[1]);
    if (!process) return Fail(std::move(process.error()).In("start a Python worker"));
    impl->process = std::move(*process);

    const core::JsonObject settings{{"directory", options.directory},
                                    {"cache_directory", options.cache_directory},
                                    {"threads", options.threads}};
    const auto forever = core::SteadyTime::max();
    core::Status sent =
        SendFrame(impl->socket, FrameKind::kLoad, core::JsonText(settings), forever);
    if (!sent) return Fail(impl->Ending(sent.error()));
    auto answer = ReceiveFrame(impl->socket, forever);
    if (!answer) return Fail(impl->Ending(answer.error()));
    GYRE_ASSIGN(impl->details, core::ParseJson(answer->payload));
    if (answer->kind != FrameKind::kLoaded) {
        const auto message = core::JsonString(impl->details, "message");
        return Fail(Code::kInternal, "the model's code failed to load:\n" +
                                         std::string(message.value_or("no reason was given")));
    }
    return std::unique_ptr<Worker>(new Worker(std::move(impl)));
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}
Worker::~Worker() = default;

core::Result<std::vector<core::Result<Reply>>> Worker::Run(std::span<const Request* const> batch,
                                                           core::SteadyTime deadline) {
    core::Status sent = SendBatch(impl_->socket, batch, deadline);
    if (!sent) return Fail(impl_->Ending(sent.error()));
    auto frame = ReceiveFrame(impl_->socket, deadline);
    if (!frame) return Fail(impl_->Ending(frame.error()));
    auto answers = DecodeAnswers(*frame, batch.size());
    if (!answers) return Fail(impl_->Ending(answers.error()));
    return answers;
}

const core::Json& Worker::Details() const {
    return impl_->details;
}
pid_t Worker::Pid() const {
    return impl_->process->Pid();
}

}  // namespace gyre::engine::python
