// gyre-host: one model of one endpoint variant, started by `gyre serve` (docs/formats/
// host_protocol.md). It dies with the process that started it. SIGTERM: predictions that came are
// answered, then it ends.
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "core/file_system.h"
#include "core/log.h"
#include "host/host_server.h"
#include "host/load.h"

using namespace gyre;

namespace {

constexpr core::seconds kDrainTime{30};

/// False when the parent had gone before the kernel knew that its end is ours.
bool DieWithParent(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}

/// Before any thread starts: they all inherit it, and so does what they start.
void StepBack() {
    const sched_param none{};
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) setpriority(PRIO_PROCESS, 0, 19);
}

/// What the model prints is for its log stream: whole lines on stdout.
void PrintLine(std::string_view line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

core::Result<serving::HostSpec> ReadSpec(const std::string& path) {
    GYRE_ASSIGN(const std::string text, core::ReadFile(core::RealFileSystem(), path));
    GYRE_ASSIGN(const core::Json json, core::ParseJson(text));
    return serving::HostSpec::FromJson(json);
}

int Run(const std::string& socket, const std::string& spec_path, const sigset_t& signals) {
    auto spec = ReadSpec(spec_path);
    if (!spec) {
        core::LogError("the spec cannot be read",
                       {{"file", spec_path}, {"reason", spec.error().message}});
        return 2;
    }
    if (spec->background) StepBack();
    auto server = host::HostServer::Start(
        {.socket = socket, .spec = *spec, .load = host::LoaderOf(*spec), .on_log = PrintLine});
    if (!server) {
        core::LogError("the socket cannot be served",
                       {{"socket", socket}, {"reason", server.error().message}});
        return 1;
    }
    int signal = 0;
    sigwait(&signals, &signal);
    const bool drained = (*server)->Drain(core::SystemClock().Now() + kDrainTime);
    core::LogInfo("the host ends", {{"signal", signal}, {"drained", drained ? "yes" : "no"}});
    // A load takes minutes and cannot be called off; nothing of it needs tidying up.
    if ((*server)->Status().state == serving::HostStatus::State::kLoading) std::_Exit(0);
    (*server)->Stop();
    return drained ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const pid_t parent = getppid();
    CLI::App app("Hosts one model of a Gyre endpoint; started by gyre serve.");
    std::string socket;
    std::string spec;
    app.add_option("--socket", socket, "Unix socket to answer on")->required();
    app.add_option("--spec", spec, "JSON file that says what to serve")->required();
    CLI11_PARSE(app, argc, argv);
    if (!DieWithParent(parent)) return 1;
    // The platform's own keys are nothing that models, which inherit what is here, should see.
    unsetenv("GYRE_ACCESS_KEY_ID");
    unsetenv("GYRE_SECRET_ACCESS_KEY");

    // Before any thread starts, so that only sigwait gets them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    return Run(socket, spec, signals);
}
