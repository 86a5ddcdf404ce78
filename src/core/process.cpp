#include "core/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>

#include "core/bounded_queue.h"
#include "core/guarded.h"
#include "core/worker_pool.h"

extern char** environ;

namespace gyre::core {
namespace {

constexpr size_t kLongestLine = 64 * 1024;

struct Pipe {
    int read_end = -1;
    int write_end = -1;
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) == 0) {
            read_end = ends[0];
            write_end = ends[1];
        }
    }
    ~Pipe() {
        CloseRead();
        CloseWrite();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void CloseRead() {
        if (read_end >= 0) close(read_end);
        read_end = -1;
    }
    void CloseWrite() {
        if (write_end >= 0) close(write_end);
        write_end = -1;
    }
};

// PR_SET_PDEATHSIG fires when the *thread* that forked ends, so all children are forked from one
// thread that lives as long as the program.
class Spawner {
  public:
    static Spawner& Instance() {
        static auto* spawner = new Spawner;  // never destroyed, as its thread must not end
        return *spawner;
    }
    pid_t Run(std::function<pid_t()> fork_child) {
        std::packaged_task<pid_t()> task(std::move(fork_child));
        auto pid = task.get_future();
        if (!tasks_.TryPush(std::move(task))) return -1;
        return pid.get();
    }

  private:
    Spawner() {
        std::thread([this] {
            SetThreadName("spawner");
            while (auto task = tasks_.Pop()) (*task)();
        }).detach();
    }
    BoundedQueue<std::packaged_task<pid_t()>> tasks_{1024};
};

struct Prepared {  // all that the child needs, made before the fork: no allocation after it
    std::vector<char*> arguments;
    std::vector<std::string> environment_text;
    std::vector<char*> environment;
    std::vector<std::string> programs;  // full paths to try
};

Prepared Prepare(const ProcessSpec& spec) {
    Prepared prepared;
    for (const std::string& argument : spec.command) {
        prepared.arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    prepared.arguments.push_back(nullptr);

    std::map<std::string, std::string> environment;
    if (!spec.clear_environment) {
        for (char** entry = environ; *entry; ++entry) {
            const std::string_view text(*entry);
            const size_t equals = text.find('=');
            if (equals == std::string_view::npos) continue;
            environment[std::string(text.substr(0, equals))] = text.substr(equals + 1);
        }
    }
    for (const auto& [name, value] : spec.environment) environment[name] = value;
    for (const auto& [name, value] : environment) {
        prepared.environment_text.push_back(name + "=" + value);
    }
    for (std::string& text : prepared.environment_text) {
        prepared.environment.push_back(text.data());
    }
    prepared.environment.push_back(nullptr);

    const std::string& program = spec.command.front();
    if (program.find('/') != std::string::npos) {
        prepared.programs.push_back(program);
    } else {
        const char* path = std::getenv("PATH");
        std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
        while (true) {
            const size_t colon = rest.find(':');
            prepared.programs.push_back(std::string(rest.substr(0, colon)) + "/" + program);
            if (colon == std::string_view::npos) break;
            rest.remove_prefix(colon + 1);
        }
    }
    return prepared;
}

// Runs in the child between fork and exec: only async-signal-safe calls.
[[noreturn]] void ExecChild(const ProcessSpec& spec, const Prepared& prepared, pid_t parent,
                            int stdout_end, int stderr_end, int error_end) {
    const auto give_up = [&] {
        const int error = errno;
        [[maybe_unused]] const ssize_t sent = write(error_end, &error, sizeof error);
        _exit(127);
    };
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // the parent went between fork and prctl

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);

    const int null = open("/dev/null", O_RDWR);
    if (null >= 0) dup2(null, 0);
    if (stdout_end >= 0 && dup2(stdout_end, 1) < 0) give_up();
    if (stderr_end >= 0 && dup2(stderr_end, 2) < 0) give_up();
    for (const auto& [number, descriptor] : spec.descriptors) {
        if (number == descriptor) {
            fcntl(descriptor, F_SETFD, 0);
        } else if (dup2(descriptor, number) < 0) {
            give_up();
        }
    }
    if (!spec.directory.empty() && chdir(spec.directory.c_str()) != 0) give_up();
    for (const std::string& program : prepared.programs) {
        execve(program.c_str(), prepared.arguments.data(), prepared.environment.data());
        if (errno != ENOENT && errno != ENOTDIR) break;
    }
    give_up();
    _exit(127);
}

/// What is known of stderr's bytes that were taken from its pipe.
struct ErrorsRead {
    std::atomic<bool> handing_on{false};  ///< some may be taken that on_line has not got
    std::atomic<size_t> unfinished{0};    ///< of the line that has not ended
};

/// Until both are at their end, or `ended` is readable and what the pipes then held is read: a
/// process that the child left behind may hold the other ends, and write, for ever.
void ReadLines(int stdout_end, int stderr_end, int ended, ErrorsRead& errors,
               const std::function<void(std::string_view, bool)>& on_line) {
    struct Source {
        int descriptor;
        bool is_stderr;
        std::string partial;
    };
    std::array<Source, 2> sources{Source{stdout_end, false, {}}, Source{stderr_end, true, {}}};
    std::array<char, 16 * 1024> buffer{};
    constexpr int kMostReadsAfterEnd = 128;  // of that buffer: more than a pipe can be made to hold
    int reads_after_end = 0;
    while (sources[0].descriptor >= 0 || sources[1].descriptor >= 0) {
        std::array<pollfd, 3> polled{};
        for (size_t i = 0; i < 2; ++i) polled[i] = {sources[i].descriptor, POLLIN, 0};
        polled[2] = {ended, POLLIN, 0};
        if (poll(polled.data(), polled.size(), -1) < 0) {
            if (errno == EINTR) continue;
            break;
        }
        if (polled[2].revents != 0) {
            const bool silent = polled[0].revents == 0 && polled[1].revents == 0;
            if (silent || ++reads_after_end > kMostReadsAfterEnd) break;
        }
        for (size_t i = 0; i < 2; ++i) {
            Source& source = sources[i];
            if (polled[i].revents == 0) continue;
            if (source.is_stderr) errors.handing_on = true;  // before it is out of the pipe
            const ssize_t count = read(source.descriptor, buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                if (!source.partial.empty()) on_line(source.partial, source.is_stderr);
                source.partial.clear();
                source.descriptor = -1;
                if (source.is_stderr) {
                    errors.unfinished = 0;
                    errors.handing_on = false;
                }
                continue;
            }
            source.partial.append(buffer.data(), static_cast<size_t>(count));
            size_t start = 0;
            size_t end = 0;
            while ((end = source.partial.find('\n', start)) != std::string::npos) {
                on_line(std::string_view(source.partial).substr(start, end - start),
                        source.is_stderr);
                start = end + 1;
            }
            source.partial.erase(0, start);
            if (source.partial.size() >= kLongestLine) {
                on_line(source.partial, source.is_stderr);
                source.partial.clear();
            }
            if (source.is_stderr) {
                errors.unfinished = source.partial.size();
                errors.handing_on = false;
            }
        }
    }
    for (const Source& source : sources) {
        if (!source.partial.empty()) on_line(source.partial, source.is_stderr);
    }
}

ExitStatus FromWaitStatus(int status) {
    if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
    return {WEXITSTATUS(status), 0};
}

}  // namespace

void KeepFreedMemory() {
    constexpr int kMebibyte = 1 << 20;
    mallopt(M_MMAP_THRESHOLD, 16 * kMebibyte);
    mallopt(M_TRIM_THRESHOLD, 32 * kMebibyte);
}

std::string ExitStatus::ToString() const {
    if (signal != 0) {
        return "killed by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
    }
    return "exit code " + std::to_string(code);
}

struct ChildProcess::Impl {
    struct State {
        std::optional<ExitStatus> exit;
        bool reading = false;  ///< output may still come
    };
    pid_t pid = -1;
    std::function<void(std::string_view, bool)> on_line;
    Guarded<State> state;
    Pipe out, err;  // closed as `reading` ends
    ErrorsRead errors;
    Pipe ended;  // its write end is closed once the child is reaped
    std::jthread reader;
    std::jthread reaper;
};

Result<std::unique_ptr<ChildProcess>> ChildProcess::Start(ProcessSpec spec) {
    GYRE_CHECK(!spec.command.empty());
    const Prepared prepared = Prepare(spec);
    auto impl = std::make_unique<Impl>();
    Impl* state = impl.get();
    Pipe& out = state->out;
    Pipe& err = state->err;
    Pipe failure;
    if (out.read_end < 0 || err.read_end < 0 || failure.read_end < 0) {
        return Fail(ErrnoError("pipe", errno));
    }
    const bool capture = static_cast<bool>(spec.on_line);
    const pid_t parent = getpid();
    const pid_t pid = Spawner::Instance().Run([&] {
        const pid_t child = fork();
        if (child == 0) {
            ExecChild(spec, prepared, parent, capture ? out.write_end : -1,
                      capture ? err.write_end : -1, failure.write_end);
        }
        return child;
    });
    if (pid < 0) return Fail(ErrnoError("fork " + spec.command.front(), errno));
    out.CloseWrite();
    err.CloseWrite();
    failure.CloseWrite();

    int child_errno = 0;
    ssize_t count = 0;
    do {
        count = read(failure.read_end, &child_errno, sizeof child_errno);
    } while (count < 0 && errno == EINTR);
    if (count == sizeof child_errno) {
        waitpid(pid, nullptr, 0);
        return Fail(ErrnoError("start " + spec.command.front(), child_errno));
    }

    state->pid = pid;
    state->on_line = std::move(spec.on_line);
    if (capture) {
        state->state.Lock()->reading = true;
        state->reader = std::jthread([state] {
            SetThreadName("child-output");
            ReadLines(state->out.read_end, state->err.read_end, state->ended.read_end,
                      state->errors, state->on_line);
            {
                auto locked = state->state.Lock();
                locked->reading = false;
                state->out.CloseRead();
                state->err.CloseRead();
            }
            state->state.NotifyAll();
        });
    } else {
        out.CloseRead();
        err.CloseRead();
    }
    state->reaper = std::jthread([state] {
        SetThreadName("child-reaper");
        // Waits without reaping, so that the id stays ours until Signal can no longer use it.
        siginfo_t info{};
        while (waitid(P_PID, static_cast<id_t>(state->pid), &info, WEXITED | WNOWAIT) < 0 &&
               errno == EINTR) {
        }
        {
            auto locked = state->state.Lock();
            int status = 0;
            waitpid(state->pid, &status, 0);
            kill(-state->pid, SIGKILL);  // whatever the child itself left behind in its group
            locked->exit = FromWaitStatus(status);
        }
        state->ended.CloseWrite();
        state->state.NotifyAll();
    });
    return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(impl)));
}

ChildProcess::ChildProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}

ChildProcess::~ChildProcess() {
    Signal(SIGKILL);
    if (impl_->reaper.joinable()) impl_->reaper.join();
    if (impl_->reader.joinable()) impl_->reader.join();
}

pid_t ChildProcess::Pid() const {
    return impl_->pid;
}

void ChildProcess::Signal(int signal) {
    auto state = impl_->state.Lock();
    if (!state->exit) kill(-impl_->pid, signal);
}

std::optional<ExitStatus> ChildProcess::Wait(SteadyTime deadline) {
    auto state = impl_->state.Lock();
    const auto ended = [&] { return state->exit.has_value() && !state->reading; };
    if (!state.WaitUntil(deadline, ended)) return std::nullopt;
    return state->exit;
}

std::optional<size_t> ChildProcess::UnfinishedErrorLine() {
    {
        auto state = impl_->state.Lock();  // keeps the pipe open
        int waiting = 0;
        if (!state->reading) return 0;
        if (ioctl(impl_->err.read_end, FIONREAD, &waiting) != 0 || waiting > 0) return std::nullopt;
    }
    // In this order, since the reader says that it hands on before it takes from the pipe.
    if (impl_->errors.handing_on) return std::nullopt;
    return impl_->errors.unfinished;
}

ExitStatus ChildProcess::Terminate(milliseconds grace) {
    Signal(SIGTERM);
    if (auto exit = Wait(std::chrono::steady_clock::now() + grace)) return *exit;
    Signal(SIGKILL);
    return *Wait(SteadyTime::max());
}

}  // namespace gyre::core
