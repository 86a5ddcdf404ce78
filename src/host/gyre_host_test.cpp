// The program gyre-host as `gyre serve` starts it.
#include <doctest/doctest.h>
#include <signal.h>

#include <boost/json.hpp>

#include "core/file_system.h"
#include "core/process.h"
#include "core/temp_dir.h"
#include "host/host_client.h"

namespace gyre::host {
namespace {

using serving::HostStatus;

core::SteadyTime Soon() {
    return core::SystemClock().Now() + core::seconds(20);
}

struct Program {
    Program() {
        std::filesystem::create_directory(folder.Path() / "model");
        Write("model/gyre.json", R"({"runtime":"echo"})");
        spec.endpoint = "e";
        spec.variant = "v";
        spec.instance = "i";
        spec.model_directory = folder.Path() / "model";
        socket = folder.Path() / "host.sock";
    }
    void Write(const std::string& name, std::string_view text) {
        REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), folder.Path() / name, text));
    }
    std::vector<std::string> Command() {
        Write("spec.json", core::JsonText(spec.ToJson()));
        return {GYRE_HOST, "--socket", socket, "--spec", folder.Path() / "spec.json"};
    }
    void Start(std::vector<std::string> command) {
        auto started = core::ChildProcess::Start({.command = std::move(command)});
        REQUIRE(started);
        process = std::move(*started);
    }
    /// Waits for the socket.
    HostClient Connect(net::FrameClientOptions options = {}) {
        while (true) {
            auto client = net::FrameClient::Connect(socket, options);
            if (client) return HostClient(std::move(*client));
            REQUIRE_FALSE(process->Wait(core::SystemClock().Now() + core::milliseconds(2)));
        }
    }

    core::TempDir folder;
    serving::HostSpec spec;
    std::string socket;
    std::unique_ptr<core::ChildProcess> process;
};

TEST_CASE("gyre-host serves a model until SIGTERM") {
    Program program;
    program.Start(program.Command());
    HostClient client = program.Connect();
    const auto status = client.StatusWhenLoaded();
    REQUIRE(status);
    REQUIRE(status->state == HostStatus::State::kReady);
    serving::InvokeHead head;
    head.content_type = "text/plain";
    const auto answer = client.Invoke(head, "hello");
    REQUIRE(answer);
    CHECK(answer->body == "hello");
    program.process->Signal(SIGTERM);
    const auto exit = program.process->Wait(Soon());
    REQUIRE(exit);
    CHECK(exit->Success());
}

TEST_CASE("gyre-host dies with the process that started it") {
    Program program;
    std::string command;
    for (const std::string& word : program.Command()) command += "'" + word + "' ";
    program.Start({"/bin/sh", "-c", command + "& wait"});
    std::promise<void> gone;
    HostClient client = program.Connect({.on_disconnect = [&] { gone.set_value(); }});
    REQUIRE(client.StatusWhenLoaded());
    REQUIRE(kill(program.process->Pid(), SIGKILL) == 0);
    CHECK(gone.get_future().wait_until(Soon()) == std::future_status::ready);
}

TEST_CASE("gyre-host stays and says why when its model cannot be loaded") {
    Program program;
    program.Write("model/gyre.json", R"({"runtime":"no such runtime"})");
    program.Start(program.Command());
    HostClient client = program.Connect();
    const auto status = client.StatusWhenLoaded();
    REQUIRE(status);
    CHECK(status->state == HostStatus::State::kFailed);
    CHECK_FALSE(status->reason.empty());
    program.process->Signal(SIGTERM);
    CHECK(program.process->Wait(Soon()));
}

TEST_CASE("gyre-host refuses a spec that it cannot read") {
    Program program;
    auto command = program.Command();
    program.Write("spec.json", "{\"model_directory\": 1}");
    program.Start(command);
    const auto exit = program.process->Wait(Soon());
    REQUIRE(exit);
    CHECK(exit->code == 2);
}

}  // namespace
}  // namespace gyre::host
