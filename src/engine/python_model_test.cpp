#include "engine/python_model.h"

#include <doctest/doctest.h>

#include <fstream>

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

constexpr const char* kUpper = R"(
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
)";

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

TEST_CASE("a worker that ends is named with its last words, and another takes its place") {
    Fixture fixture(kUpper);
    auto model = fixture.Load();
    auto answers = Ask(*model, {Text("die")});
    REQUIRE(!answers[0]);
    CHECK(answers[0].error().code == Code::kInternal);
    CHECK(answers[0].error().message.find("exit code 7") != std::string::npos);
    CHECK(answers[0].error().message.find("last words") != std::string::npos);
    CHECK(Ask(*model, {Text("again")})[0]->body == "AGAIN");
}

TEST_CASE("a model that cannot be loaded says why") {
    Fixture fixture("def model_fn(d):\n    raise RuntimeError('weights are missing')\n");
    auto model = LoadPythonModel(fixture.options);
    REQUIRE(!model);
    CHECK(model.error().message.ends_with("RuntimeError: weights are missing"));
    CHECK(fixture.log.Lock()->find("Traceback") != std::string::npos);
}

}  // namespace
}  // namespace gyre::engine
