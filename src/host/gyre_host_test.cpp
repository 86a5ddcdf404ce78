// The program gyre-host as `gyre serve` starts it.
#include <doctest/doctest.h>
#include <signal.h>

#include <boost/json.hpp>

#include <future>

#include "core/file_system.h"
#include "core/process.h"
#include "core/temp_dir.h"
#include "host/host_client.h"

namespace gyre::host {
namespace {

using serving::HostFrame;
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
    void Start(std::vector<std::string> command,
               std::map<std::string, std::string> environment = {}) {
        auto started = core::ChildProcess::Start(
            {.command = std::move(command), .environment = std::move(environment)});
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

TEST_CASE("four functions in Python get whole batches, and one bad item its own error") {
    Program program;
    std::filesystem::remove_all(program.folder.Path() / "model");
    std::filesystem::create_directories(program.folder.Path() / "model" / "code");
    program.Write("model/code/inference.py", R"py(
import json, os
calls = []
def model_fn(model_dir): return "secret" in os.environ.values()
def input_fn(body, content_type): return json.loads(body)
def predict_fn(rows, sees_keys):
    calls.append(len(rows))
    if [-1] in rows: raise ValueError("negative")
    return [[row[0] * 10, sees_keys] for row in rows]
def output_fn(prediction, accept): return f"{prediction[0]} {calls[-1]}"
)py");
    program.spec.python = GYRE_PYTHON;
    program.spec.environment = {{"SAGEMAKER_TS_BATCH_SIZE", "4"},
                                {"SAGEMAKER_TS_MAX_BATCH_DELAY", "3600000"}};
    program.Start(program.Command(), {{"GYRE_ACCESS_KEY_ID", "secret"},
                                      {"GYRE_SECRET_ACCESS_KEY", "secret"},
                                      {"GYRE_S3_ACCESS_KEY_ID", "secret"},
                                      {"GYRE_S3_SECRET_ACCESS_KEY", "secret"},
                                      {"GYRE_REPLICA_ACCESS_KEY_ID", "secret"},
                                      {"GYRE_REPLICA_SECRET_ACCESS_KEY", "secret"},
                                      {"PGPASSWORD", "secret"}});
    HostClient client = program.Connect();
    const auto status = client.StatusWhenLoaded();
    REQUIRE(status);
    REQUIRE_MESSAGE(status->state == HostStatus::State::kReady, status->reason);
    CHECK(core::JsonString(status->model, "batching") == "untried");

    serving::InvokeHead head;
    head.content_type = "application/json";
    head.trace = true;
    const auto ask = [&](std::vector<int> numbers) {
        std::vector<std::future<core::Result<HostClient::Answer>>> answers;
        for (const int number : numbers) {
            answers.push_back(std::async(std::launch::async, [&, number] {
                return client.Invoke(head, "[[" + std::to_string(number) + "]]");
            }));
        }
        std::vector<HostClient::Answer> all;
        for (auto& answer : answers) all.push_back(*answer.get());
        return all;
    };
    // The batch leaves when it is full, or else not for an hour.
    for (int i = 0; i < 3; i++) {
        const auto answers = ask({1, 2, 3, 4});
        CHECK(answers[3].body.starts_with("[40, False] "));
        CHECK(answers[3].head.trace->batch_size == 4);
        CHECK(answers[3].head.trace->reason == serving::LeaveReason::kFull);
    }
    CHECK(core::JsonString(client.Status()->model, "batching") == "on");
    CHECK(ask({5, 6, 7, 8})[1].body == "[60, False] 4");
    const auto mixed = ask({1, -1, 3, 4});
    CHECK(mixed[0].body.starts_with("[10, False]"));
    CHECK(mixed[3].body.starts_with("[40, False]"));
    REQUIRE(mixed[1].head.error);
    CHECK(mixed[1].head.error->message == "ValueError: negative");
    const std::string metrics(client.Call(HostFrame::kMetrics)->body);
    CHECK(metrics.find("reason=\"full\",variant=\"v\"} 5") != std::string::npos);
    CHECK(metrics.find("gyre_batch_size_bucket") != std::string::npos);
    CHECK(metrics.find("gyre_request_queue_seconds_bucket") != std::string::npos);
    CHECK(metrics.find("gyre_inference_seconds_bucket") != std::string::npos);
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
