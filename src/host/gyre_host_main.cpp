// gyre-host: one model of one endpoint variant, started by `gyre serve` (docs/formats/
// host_protocol.md). It dies with the process that started it. SIGTERM: predictions that came are
// answered, then it ends.
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/log.h"
#include "core/process.h"
#include "host/host_server.h"
#include "host/load.h"
#include "host/watch_for_clients.h"

using namespace gyre;

namespace {

constexpr core::seconds kDrainTime{30};

/// False when the parent had gone before the kernel knew that its end is ours.
bool DieWithParent(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}

/// What the platform knows by its environment is nothing that models, which inherit what is here,
/// should see: its keys (GYRE_ACCESS_KEY_ID, GYRE_S3_SECRET_ACCESS_KEY…), PostgreSQL's password.
void ForgetSecrets() {
    std::vector<std::string> secrets{"PGPASSWORD"};
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::string_view name = text.substr(0, text.find('='));
        const bool key = name.ends_with("ACCESS_KEY_ID") || name.ends_with("SECRET_ACCESS_KEY");
        if (key && name.starts_with("GYRE_")) secrets.emplace_back(name);
    }
    for (const std::string& name : secrets) unsetenv(name.c_str());
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

/// Where it answers.
struct Place {
    std::string socket;        ///< a Unix socket's path, or
    std::string listen;        ///< HOST:PORT, of which others know this machine by its name
    std::string address_file;  ///< gets the real address then
};

/// This machine's name, where it is one that can be looked up.
std::string HostName() {
    char name[256] = {};
    addrinfo* found = nullptr;
    if (gethostname(name, sizeof name - 1) != 0 ||
        getaddrinfo(name, nullptr, nullptr, &found) != 0) {
        return "127.0.0.1";
    }
    freeaddrinfo(found);
    return name;
}

core::Status PublishAddress(const std::string& address, const std::string& file) {
    const std::string port = address.substr(address.rfind(':'));
    return core::WriteFileAtomically(core::RealFileSystem(), file, HostName() + port + "\n");
}

/// The signal that ends it, or 0 when it was left alone.
int WaitForEnd(const host::HostServer& server, bool may_be_left, const sigset_t& signals) {
    if (!may_be_left) {
        int signal = 0;
        sigwait(&signals, &signal);
        return signal;
    }
    const timespec look{.tv_sec = 1, .tv_nsec = 0};
    host::WatchForClients watch(core::SystemClock().Now());
    while (true) {
        const int signal = sigtimedwait(&signals, nullptr, &look);
        if (signal > 0) return signal;
        if (watch.Abandoned(server.Clients(), core::SystemClock().Now())) return 0;
    }
}

int Run(const Place& place, const std::string& spec_path, const sigset_t& signals) {
    auto spec = ReadSpec(spec_path);
    if (!spec) {
        core::LogError("the spec cannot be read",
                       {{"file", spec_path}, {"reason", spec.error().message}});
        return 2;
    }
    if (spec->background) StepBack();
    const bool remote = !place.listen.empty();
    const std::string socket = remote ? "tcp:" + place.listen : place.socket;
    auto server = host::HostServer::Start(
        {.socket = socket, .spec = *spec, .load = host::LoaderOf(*spec), .on_log = PrintLine});
    if (!server) {
        core::LogError("the socket cannot be served",
                       {{"socket", socket}, {"reason", server.error().message}});
        return 1;
    }
    if (remote) {
        const auto published = PublishAddress((*server)->Address(), place.address_file);
        if (!published) {
            core::LogError("the address cannot be told", {{"reason", published.error().message}});
            return 1;
        }
    }
    const int signal = WaitForEnd(**server, remote, signals);
    // Of one that was left alone nobody waits for the answers.
    const bool drained = signal == 0 || (*server)->Drain(core::SystemClock().Now() + kDrainTime);
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
    Place place;
    std::string spec;
    auto* const socket = app.add_option("--socket", place.socket, "Unix socket to answer on");
    auto* const listen =
        app.add_option("--listen", place.listen, "HOST:PORT to answer on, for who has the secret")
            ->excludes(socket);
    app.add_option("--address-file", place.address_file, "File that gets the address")
        ->needs(listen);
    app.add_option("--spec", spec, "JSON file that says what to serve")->required();
    CLI11_PARSE(app, argc, argv);
    if (place.socket.empty() == (place.listen.empty() || place.address_file.empty())) {
        std::fputs("gyre-host: either --socket, or --listen and --address-file\n", stderr);
        return 2;
    }
    if (!DieWithParent(parent)) return 1;
    ForgetSecrets();

    // Before any thread starts, so that only sigwait gets them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    gyre::core::KeepFreedMemory();
    return Run(place, spec, signals);
}
