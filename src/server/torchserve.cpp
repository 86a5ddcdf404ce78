#include "server/torchserve.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <re2/re2.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/temp_dir.h"
#include "server/external_objects.h"
#include "server/grpc_setup.h"
#include "server/torchserve_arguments.h"
#include "server/torchserve_face.h"
#include "serving/torchserve/server.h"

namespace gyre::server {
namespace {

namespace fs = std::filesystem;
using serving::torchserve::Server;
using serving::torchserve::ServerOptions;

constexpr core::milliseconds kStopPoll{50};
constexpr int kStopPolls = 1200;

std::optional<std::string> Variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// Where TorchServe keeps its own.
fs::path PidFile() {
    std::error_code failed;
    fs::path folder = fs::temp_directory_path(failed);
    return (failed ? fs::path("/tmp") : folder) / ".model_server.pid";
}

std::optional<pid_t> RunningPid() {
    std::ifstream file(PidFile());
    pid_t pid = 0;
    if (!(file >> pid) || pid <= 0 || ::kill(pid, 0) != 0) return std::nullopt;
    return pid;
}

int Complain(const std::string& why) {
    std::fprintf(stderr, "torchserve: %s\n", why.c_str());
    return 1;
}

int StopRunning() {
    const auto pid = RunningPid();
    if (!pid) {
        std::printf("TorchServe is not currently running.\n");
        return 0;
    }
    if (::kill(*pid, SIGTERM) != 0) return Complain("it cannot be stopped: it is somebody else's");
    for (int i = 0; i < kStopPolls && ::kill(*pid, 0) == 0; ++i) {
        ::usleep(static_cast<useconds_t>(core::microseconds(kStopPoll).count()));
    }
    std::error_code ignored;
    fs::remove(PidFile(), ignored);
    std::printf("TorchServe has stopped.\n");
    return 0;
}

/// The parent stays until its child answers or fails, and returns its exit code; the child goes on
/// with the descriptor to tell it by.
std::optional<int> GoToBackground(int& tell) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return Complain("pipe: no descriptors left");
    const pid_t child = ::fork();
    if (child < 0) return Complain("fork failed");
    if (child == 0) {
        ::close(ends[0]);
        ::setsid();
        tell = ends[1];
        return std::nullopt;
    }
    ::close(ends[1]);
    char ready = 0;
    const bool up = ::read(ends[0], &ready, 1) == 1;
    return up ? 0 : 1;
}

/// Whoever waits for the end of what we print (a pipe's reader) shall not wait for the server's.
void LetStandardStreamsGo() {
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) return;
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    ::close(nothing);
}

/// Takes the environment variables whose names match away from all that this process starts.
core::Status HideVariables(const std::string& pattern) {
    if (pattern.empty()) return {};
    const RE2 hidden(pattern, RE2::Quiet);
    if (!hidden.ok()) {
        return core::Fail(core::Code::kInvalidArgument, "blacklist_env_vars: " + hidden.error());
    }
    std::vector<std::string> names;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (const auto name = text.substr(0, text.find('=')); RE2::FullMatch(name, hidden)) {
            names.emplace_back(name);
        }
    }
    for (const std::string& name : names) ::unsetenv(name.c_str());
    return {};
}

/// The S3 of s3:// URLs, by the variables of AWS's own tools; null where no keys are there.
core::Result<std::unique_ptr<objects::ObjectStore>> ObjectsOfEnvironment() {
    auto s3 = ExternalObjects(Variable);
    if (!s3) return core::Fail(std::move(s3.error()));
    if (!*s3) return nullptr;
    return std::make_unique<objects::ExternalStore>(std::move(**s3), core::SystemClock());
}

/// `tell`: who started it in the background waits there; -1 for nobody.
void Announce(const Server& server, int tell) {
    if (tell >= 0) {
        std::ofstream(PidFile()) << ::getpid() << "\n";
    }
    std::printf("torchserve ready %s %s %s\n", server.InferenceUrl().c_str(),
                server.ManagementUrl().c_str(), server.MetricsUrl().c_str());
    std::fflush(stdout);
    core::LogInfo("Model server started.");  // TorchServe's ts.launcher waits for these words
    if (tell >= 0) {
        (void)!::write(tell, "1", 1);
        ::close(tell);
        LetStandardStreamsGo();
    }
}

int Run(const TorchServeArguments& arguments, int tell) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);

    std::string ignored;
    auto settings = TorchServeSettings(arguments, Variable, ignored);
    if (!settings) return Complain(settings.error().message);
    const std::string python = Variable("GYRE_PYTHON").value_or("python3");
    if (auto done = HideVariables(settings->hidden_variables); !done) {
        return Complain(done.error().message);
    }
    if (!ignored.empty()) core::LogInfo("settings without a meaning here", {{"keys", ignored}});
    auto objects = ObjectsOfEnvironment();
    if (!objects) return Complain(objects.error().message);
    const core::TempDir work;
    std::error_code failed;
    ServerOptions options;
    options.settings = std::move(*settings);
    options.work_directory = work.Path();
    options.key_file = fs::absolute("key_file.json", failed);
    options.host_program = fs::read_symlink("/proc/self/exe", failed).parent_path() / "gyre-host";
    options.python = python;
    options.objects = objects->get();
    options.printed = [](const std::string& model, std::string_view line) {
        core::LogInfo(line, {{"model", model}});
    };
    LogTorchServeSecurity(options);
    const auto chosen = options.settings;
    auto server = Server::Start(std::move(options));
    if (!server) return Complain(server.error().message);
    auto grpc = ListenForTorchServeGrpc(chosen, **server);
    if (!grpc) return Complain(grpc.error().message);
    // Beside the wait for signals: models may take minutes to load, or hang.
    std::jthread announcer([&served = **server, tell] {
        if (served.AwaitStartupModels()) Announce(served, tell);
    });
    int signal = 0;
    sigwait(&signals, &signal);
    core::LogInfo("stopping", {{"signal", signal}});
    grpc->Stop();
    (*server)->Stop();
    announcer.join();
    if (tell >= 0) fs::remove(PidFile(), failed);
    return 0;
}

}  // namespace

int TorchServe(std::vector<std::string> words) {
    std::string help;
    auto arguments = TorchServeArguments::Parse(std::move(words), help);
    if (!arguments) {
        Complain(arguments.error().message + "; see torchserve --help");
        return 2;
    }
    if (!help.empty()) {
        std::printf("%s", help.c_str());
        return 0;
    }
    if (arguments->version) {
        std::printf("TorchServe Version is 0.12.0 (gyre)\n");
        return 0;
    }
    if (arguments->stop) return StopRunning();
    int tell = -1;
    if (!arguments->foreground) {
        if (RunningPid()) {
            std::printf(
                "TorchServe is already running, please use torchserve --stop to stop "
                "TorchServe.\n");
            return 1;
        }
        if (const auto done = GoToBackground(tell)) return *done;
    }
    return Run(*arguments, tell);
}

}  // namespace gyre::server
