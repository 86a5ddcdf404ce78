#include "engine/python_model.h"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/guarded.h"
#include "core/temp_dir.h"

namespace gyre::engine {
namespace {

using core::Code;

/// A model directory with one inference.py, and what it printed.
struct Fixture {
    core::TempDir folder;
    core::Guarded<std::string> log;
    LoadOptions options;

    explicit Fixture(const std::string& code) {
        std::filesystem::create_directories(folder.Path() / "code");
        std::ofstream(folder.Path() / "code" / "inference.py") << code;
        options.directory = folder.Path();
        options.environment["GYRE_PYTHON"] = GYRE_PYTHON;
        options.on_log = [this](std::string_view line) {
            log.Lock()->append(line).push_back('\n');
        };
    }
    std::unique_ptr<Model> Load() {
        auto model = LoadPythonModel(options);
        INFO((model ? "" : model.error().message));
        REQUIRE(model);
        return std::move(*model);
    }
};

std::vector<core::Result<Reply>> Ask(Model& model, std::vector<Request> requests) {
    std::vector<std::unique_ptr<Prepared>> batch;
    for (Request& request : requests) batch.push_back(*model.Prepare(std::move(request)));
    return model.Run(batch, std::chrono::steady_clock::now() + core::seconds(30));
}

Request Text(std::string body) {
    return {"id", std::move(body), "text/plain", "text/plain", {{"x-mark", "é"}}};
}

constexpr const char* kUpper = R"py(
import os
def model_fn(model_dir, context):
    assert context.system_properties["model_dir"] == model_dir
    print("loading", flush=True)
    return str.upper
def input_fn(body, content_type):
    assert content_type == "text/plain"
    return body.decode()
def predict_fn(data, model):
    if data == "bad":
        raise ValueError("no such word")
    if data == "die":
        print("last words", file=__import__("sys").stderr, flush=True)
        os._exit(7)
    return model(data)
def output_fn(prediction, accept, context):
    context.set_response_header(0, "X-Mark", context.get_request_header(0, "X-Mark"))
    return prediction, accept
)py";

TEST_CASE("a batch is answered item by item, and a bad item alone gets the error") {
    Fixture fixture(kUpper);
    auto model = fixture.Load();
    auto answers = Ask(*model, {Text("one"), Text("bad"), Text("zwölf")});
    REQUIRE(answers.size() == 3);
    CHECK(answers[0]->body == "ONE");
    CHECK(answers[0]->content_type == "text/plain");
    CHECK(answers[0]->headers.at("X-Mark") == "é");
    REQUIRE(!answers[1]);
    CHECK(answers[1].error().code == Code::kInternal);
    CHECK(answers[1].error().message == "ValueError: no such word");
    CHECK(answers[2]->body == "ZWÖLF");
}

TEST_CASE("a worker's environment is completed, and what is set stays") {
    Fixture fixture(R"py(
import os
def model_fn(model_dir):
    return [os.environ["OMP_NUM_THREADS"], os.environ["MALLOC_TRIM_THRESHOLD_"]]
def input_fn(body, content_type):
    return body
def predict_fn(data, model):
    return " ".join(model)
def output_fn(prediction, accept):
    return prediction
)py");
    fixture.options.threads = 6;
    fixture.options.workers = 2;
    CHECK(Ask(*fixture.Load(), {Text("")})[0]->body == "3 536870912");
    fixture.options.environment["OMP_NUM_THREADS"] = "5";
    fixture.options.environment["MALLOC_TRIM_THRESHOLD_"] = "131072";
    CHECK(Ask(*fixture.Load(), {Text("")})[0]->body == "5 131072");
}

TEST_CASE("a worker that ends is named with its last words, and another takes its place") {
    Fixture fixture(kUpper);
    auto model = fixture.Load();
    auto answers = Ask(*model, {Text("die")});
    REQUIRE(!answers[0]);
    CHECK(answers[0].error().code == Code::kInternal);
    CHECK(answers[0].error().message.find("exit code 7") != std::string::npos);
    CHECK(answers[0].error().message.find("last words") != std::string::npos);
    CHECK(Ask(*model, {Text("again")})[0]->body == "AGAIN");
    CHECK(model->WorkerRestarts() == 1);
}

TEST_CASE("who was with a worker as it ended reads nothing that it printed for others") {
    Fixture fixture(R"py(
import os, sys
def model_fn(d): print("loaded for all", file=sys.stderr)
def transform_fn(model, body, kind, accept):
    if body.startswith(b"leave"):
        sys.stderr.write("of this one\n")
        os._exit(3)
    sys.stderr.write("unfinished " + body.decode())
    sys.stderr.flush()
    if body.endswith(b"B"):
        raise ValueError("a card of " + body.decode())
    return "fine"
)py");
    auto model = fixture.Load();
    for (int i = 0; i < 6; i++) {
        Ask(*model, {Text(i % 2 == 0 ? "customer A" : "customer B")});
        const auto answers = Ask(*model, {Text("leave " + std::to_string(i))});
        REQUIRE(!answers[0]);
        CHECK(answers[0].error().message ==
              "the model's Python worker ended (exit code 3); its last lines:\nof this one");
    }
}

TEST_CASE("a body that two workers ended with is refused, and others are served") {
    Fixture fixture(kUpper);
    auto model = fixture.Load();
    CHECK(!Ask(*model, {Text("die"), Text("fine")})[1]);  // a neighbour, that once
    CHECK(Ask(*model, {Text("fine")})[0]->body == "FINE");
    // It runs alone the next time, whatever it was batched with.
    const auto alone = model->Prepare(Text("die"));
    REQUIRE(alone);
    CHECK((*alone)->BatchKey() != "");
    CHECK((*model->Prepare(Text("fine")))->BatchKey() == "");
    CHECK(!Ask(*model, {Text("die")})[0]);
    const auto refused = model->Prepare(Text("die"));
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::kInvalidArgument);
    CHECK(refused.error().message.find("two workers ended") != std::string::npos);
    CHECK(Ask(*model, {Text("fine")})[0]->body == "FINE");
}

TEST_CASE("a model that hangs is ended at the response timeout, which says where it was") {
    Fixture fixture(R"py(
def model_fn(d): return None
def input_fn(body, kind): return body
def predict_fn(x, model):
    while x == b"spin": pass
    return x
def output_fn(p, accept): return p
)py");
    fixture.options.response_timeout = core::milliseconds(3'000);
    auto model = fixture.Load();
    const auto answers = Ask(*model, {Text("spin")});
    REQUIRE(!answers[0]);
    CHECK(answers[0].error().code == Code::kDeadlineExceeded);
    CHECK(answers[0].error().message.find("predict_fn") != std::string::npos);
    CHECK(Ask(*model, {Text("go on")})[0]->body == "go on");
}

TEST_CASE("a hasty request does not cost the worker its life") {
    Fixture fixture(kUpper);
    auto model = fixture.Load();
    std::vector<std::unique_ptr<Prepared>> batch;
    batch.push_back(*model->Prepare(Text("late")));
    CHECK(model->Run(batch, std::chrono::steady_clock::now())[0]->body == "LATE");
}

TEST_CASE("a worker that is killed while idle is replaced, and no request hears of it") {
    Fixture fixture(R"py(
import os
def model_fn(d): return None
def transform_fn(model, body, kind, accept): return str(os.getpid())
)py");
    auto model = fixture.Load();
    const std::string pid(Ask(*model, {Text("")})[0]->body);
    kill(std::stoi(pid), SIGKILL);
    while (kill(std::stoi(pid), 0) == 0) std::this_thread::yield();  // until it is reaped
    const auto next = Ask(*model, {Text("")});
    REQUIRE(next[0]);
    CHECK(next[0]->body != pid);
}

TEST_CASE("a worker's end is seen though a child of it holds the connection") {
    Fixture fixture(R"py(
import os, subprocess, sys
def model_fn(d): return None
def transform_fn(model, body, kind, accept):
    # A daemon with all that is open here, in a session of its own.
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                             close_fds=False, pass_fds=[3], start_new_session=True)
    print("child", child.pid, flush=True)
    os._exit(5)
)py");
    auto model = fixture.Load();
    const auto answers = Ask(*model, {Text("x")});
    REQUIRE(!answers[0]);
    CHECK(answers[0].error().message.find("exit code 5") != std::string::npos);
    const std::string log = *fixture.log.Lock();
    const size_t at = log.find("child ");
    REQUIRE(at != std::string::npos);
    kill(std::stoi(log.substr(at + 6)), SIGKILL);
}

TEST_CASE("workers run at once, and each model says whether it batches") {
    Fixture fixture(R"py(
import torch
def model_fn(d): return torch.nn.Identity()
)py");
    fixture.options.workers = 2;
    auto model = fixture.Load();
    CHECK(model->Concurrency() == 2);
    CHECK(model->BatchingNow() == Batching::kUntried);
    CHECK_FALSE(model->Info().batches);
    std::vector<Request> requests;
    for (int i = 0; i < 8; i++) {
        requests.push_back({"id", "[[" + std::to_string(i) + ", 1]]", "application/json", "", {}});
    }
    const auto answers = Ask(*model, std::move(requests));
    CHECK(answers[7]->body == "[[7.0, 1.0]]");
    CHECK(model->BatchingNow() == Batching::kYes);
    model.reset();  // what it printed is read when it has gone
    CHECK(fixture.log.Lock()->find("gyre: batching on") != std::string::npos);

    Fixture alone("def model_fn(d): return 1\ndef transform_fn(m, b, c, a): return b\n");
    CHECK(alone.Load()->BatchingNow() == Batching::kNo);
}

TEST_CASE("what a model prints is logged in whole lines of valid UTF-8") {
    Fixture fixture(R"py(
import os
def model_fn(d): return None
def transform_fn(model, body, kind, accept):
    os.write(2, b"z\xc3\xb6 \xff\xed\xa0\x80 end\n")
    return "x"
)py");
    auto model = fixture.Load();
    Ask(*model, {Text("")});
    model.reset();  // what it printed is read when it has gone
    CHECK(*fixture.log.Lock() ==
          "gyre: batching off: transform_fn is called per request\nz\u00f6 "
          "\uFFFD\uFFFD\uFFFD\uFFFD end\n");
}

TEST_CASE("the program may have another name") {
    Fixture fixture("raise RuntimeError('not this one')");
    std::ofstream(fixture.folder.Path() / "code" / "entry.py")
        << "def model_fn(d): return 1\ndef transform_fn(m, b, c, a): return 'entry'\n";
    fixture.options.environment["SAGEMAKER_PROGRAM"] = "absent.py";
    CHECK_FALSE(BringsPythonCode(fixture.options));
    fixture.options.environment["SAGEMAKER_PROGRAM"] = "entry.py";
    CHECK(BringsPythonCode(fixture.options));
    CHECK(Ask(*fixture.Load(), {Text("")})[0]->body == "entry");
}

/// Answers until it is told to die, then comes up only while the file `lives` is there.
constexpr const char* kMortal = R"py(
import os
def model_fn(model_dir):
    assert os.path.exists(os.path.join(model_dir, "lives")), "no life left"
def transform_fn(model, body, kind, accept):
    if body == b"die":
        os._exit(7)
    return "alive"
)py";

TEST_CASE("a worker that does not come up again for long enough is given up") {
    Fixture fixture(kMortal);
    std::ofstream(fixture.folder.Path() / "lives") << "";
    fixture.options.workers = 2;
    fixture.options.restart_for = core::seconds(1);
    auto model = fixture.Load();
    CHECK(model->Workers().up == 2);
    Ask(*model, {Text("die")});
    CHECK(Ask(*model, {Text("x")})[0]->body == "alive");
    std::filesystem::remove(fixture.folder.Path() / "lives");
    while (model->Workers().up > 0) Ask(*model, {Text("die")});
    // Meanwhile nobody waits in vain: a request is refused as soon as there is no worker to come.
    const auto answers = Ask(*model, {Text("x")});
    REQUIRE(!answers[0]);
    CHECK(answers[0].error().code == Code::kUnavailable);
    CHECK(answers[0].error().message.find("for 1 s and are given up") != std::string::npos);
    CHECK(answers[0].error().message.find("no life left") != std::string::npos);
    CHECK_FALSE(answers[0].error().details.contains("Retry-After"));
    CHECK(model->Workers().given_up == 2);
    const uint64_t restarts = model->WorkerRestarts();
    std::ofstream(fixture.folder.Path() / "lives") << "";
    CHECK_FALSE(Ask(*model, {Text("x")})[0]);
    CHECK(model->WorkerRestarts() == restarts);
}

TEST_CASE("with no time to be started again, a worker's first end is its last") {
    Fixture fixture(kMortal);
    std::ofstream(fixture.folder.Path() / "lives") << "";
    fixture.options.restart_for = core::seconds(0);
    auto model = fixture.Load();
    CHECK(Ask(*model, {Text("x")})[0]->body == "alive");
    Ask(*model, {Text("die")});
    CHECK(model->Workers().given_up == 1);
    CHECK(Ask(*model, {Text("x")})[0].error().code == Code::kUnavailable);
    CHECK(model->WorkerRestarts() == 0);
}

TEST_CASE("a model that cannot be loaded says why") {
    Fixture fixture("def model_fn(d):\n    raise RuntimeError('weights are missing')\n");
    auto model = LoadPythonModel(fixture.options);
    REQUIRE(!model);
    CHECK(model.error().message ==
          "the model's code failed to load: RuntimeError: weights are missing\n"
          "  at code/inference.py:2 in model_fn: raise RuntimeError('weights are missing')");
    CHECK(fixture.log.Lock()->find("Traceback") != std::string::npos);
}

TEST_CASE("requirements.txt is installed once, beside what the platform has") {
    Fixture fixture(R"py(
import torch, gyre_test_package
def model_fn(d): return None
def transform_fn(model, body, kind, accept):
    return gyre_test_package.WORD + torch.__version__[:1]
)py");
    const auto code = fixture.folder.Path() / "code";
    std::filesystem::create_directories(code / "wheels" / "gyre_test_package-1.0.dist-info");
    // A wheel made by hand, so that no network is needed.
    const std::string make =
        "import zipfile\n"
        "w = zipfile.ZipFile('gyre_test_package-1.0-py3-none-any.whl', 'w')\n"
        "w.writestr('gyre_test_package.py', 'WORD = \"found \"')\n"
        "i = 'gyre_test_package-1.0.dist-info/'\n"
        "w.writestr(i + 'METADATA', 'Metadata-Version: 2.1\\nName: gyre-test-package\\n"
        "Version: 1.0\\n')\n"
        "w.writestr(i + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n"
        "Tag: py3-none-any\\n')\n"
        "w.writestr(i + 'RECORD', '')\n"
        "w.close()\n";
    std::ofstream(code / "make.py") << make;
    const std::string command = "cd '" + code.string() + "/wheels' && '" GYRE_PYTHON "' ../make.py";
    REQUIRE(std::system(command.c_str()) == 0);
    std::ofstream(code / "requirements.txt")
        << "# what it needs\n--no-index\n--find-links wheels\ngyre-test-package==1.0\n"
           "torch==1.0  # the platform's is there\n";
    core::TempDir cache;
    fixture.options.cache_directory = cache.Path();
    {
        auto model = fixture.Load();
        CHECK(Ask(*model, {Text("")})[0]->body == "found 2");
        const std::string log = *fixture.log.Lock();
        CHECK(log.find("Successfully installed gyre-test-package-1.0") != std::string::npos);
        CHECK(log.find("'torch==1.0' is skipped") != std::string::npos);
    }
    fixture.log.Lock()->clear();
    CHECK(Ask(*fixture.Load(), {Text("")})[0]->body == "found 2");
    CHECK(fixture.log.Lock()->find("install") == std::string::npos);

    std::ofstream(code / "requirements.txt")
        << "--no-index\n--find-links wheels\nno-such-package==9\n";
    const auto failed = LoadPythonModel(fixture.options);
    REQUIRE(!failed);
    CHECK(failed.error().code == Code::kInvalidArgument);
    CHECK(failed.error().message.find("no-such-package==9") != std::string::npos);
}

}  // namespace
}  // namespace gyre::engine
