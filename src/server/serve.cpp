#include "server/serve.h"

#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/log.h"
#include "core/process.h"
#include "server/platform.h"
#include "server/settings.h"

namespace gyre::server {
namespace {

core::Status SetLogLevel(const std::string& name) {
    for (const auto& [known, level] : {std::pair{"debug", core::LogLevel::kDebug},
                                       {"info", core::LogLevel::kInfo},
                                       {"warning", core::LogLevel::kWarning},
                                       {"error", core::LogLevel::kError}}) {
        if (name != known) continue;
        core::SetLogLevel(level);
        return {};
    }
    return core::Fail(core::Code::kInvalidArgument,
                      "log.level is '" + name + "' and must be debug, info, warning or error");
}

/// As many open files as the system lets us have: a connection is one.
void RaiseFileLimit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// gyre-host lies beside this program.
std::filesystem::path HostProgram() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "gyre-host";
}

core::Result<std::unique_ptr<Platform>> Start(const cli::ServeArguments& arguments) {
    GYRE_ASSIGN(const core::Config config, LoadConfig(arguments.config));
    GYRE_TRY(SetLogLevel(config.GetString("log.level")));
    return Platform::Start(config, {arguments.data, arguments.listen, HostProgram()});
}

}  // namespace

int Serve(const cli::ServeArguments& arguments) {
    // Before any thread starts, so that only sigwait gets them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    core::KeepFreedMemory();
    RaiseFileLimit();

    auto platform = Start(arguments);
    if (!platform) {
        std::fprintf(stderr, "gyre serve: %s\n", platform.error().message.c_str());
        return 1;
    }
    std::printf("gyre ready %s\n", (*platform)->Url().c_str());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    core::LogInfo("stopping", {{"signal", signal}});
    std::thread([signals] {
        int second = 0;
        sigwait(&signals, &second);
        std::_Exit(1);
    }).detach();
    (*platform)->Stop();
    return 0;
}

}  // namespace gyre::server
