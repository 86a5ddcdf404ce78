#include <doctest/doctest.h>

#include <fstream>

#include "core/file_system.h"
#include "core/process.h"
#include "core/temp_dir.h"
#include "engine/codec/npy.h"
#include "engine/model.h"

namespace gyre::engine {
namespace {

using core::Code;

/// A model's folder that a few lines of Python fill, and a cache.
struct Folder {
    core::TempDir folder;
    core::TempDir cache;
    std::string log;
    LoadOptions options;

    Folder() {
        options.directory = folder.Path();
        options.cache_directory = cache.Path();
        options.threads = 1;
        options.precision = "fp32";
        options.on_log = [this](std::string_view line) { log += std::string(line) + "\n"; };
    }
    void Python(const std::string& code) {
        std::string output;
        core::ProcessSpec spec;
        std::ofstream(cache.Path() / "make.py") << code;  // torch.jit.script reads its source
        spec.command = {GYRE_PYTHON, cache.Path() / "make.py"};
        spec.directory = folder.Path();
        spec.on_line = [&](std::string_view line, bool) { output += std::string(line) + "\n"; };
        auto process = core::ChildProcess::Start(std::move(spec));
        REQUIRE(process);
        const auto exit = (*process)->Wait(core::SystemClock().Now() + core::seconds(120));
        process->reset();  // the reader has ended
        INFO(output);
        REQUIRE(exit);
        REQUIRE(exit->Success());
    }
    void Write(const std::string& name, const std::string& text) {
        std::ofstream(folder.Path() / name) << text;
    }
    std::unique_ptr<Model> Load() {
        auto model = LoadModel(options);
        INFO((model ? "" : model.error().message));
        REQUIRE(model);
        return std::move(*model);
    }
    core::Error LoadFails() {
        auto model = LoadModel(options);
        REQUIRE_FALSE(model);
        return model.error();
    }
};

std::vector<core::Result<Reply>> Ask(Model& model, std::vector<Request> requests) {
    std::vector<std::unique_ptr<Prepared>> batch;
    for (Request& request : requests) {
        auto prepared = model.Prepare(std::move(request));
        INFO((prepared ? "" : prepared.error().message));
        REQUIRE(prepared);
        batch.push_back(std::move(*prepared));
    }
    return model.Run(batch, core::SystemClock().Now() + core::seconds(60));
}

std::string Answer(Model& model, Request request) {
    std::vector<Request> requests;
    requests.push_back(std::move(request));
    auto answers = Ask(model, std::move(requests));
    REQUIRE(answers.size() == 1);
    INFO((answers[0] ? "" : answers[0].error().message));
    REQUIRE(answers[0]);
    return answers[0]->body;
}

Request Json(std::string body) {
    return {.body = std::move(body), .content_type = "application/json"};
}

/// y = 2x + row sum: shows whether rows were mixed up.
constexpr const char* kLinear = R"(
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([[1., 1., 1.], [2., 0., 0.]]))
            self.layer.bias.copy_(torch.tensor([0.5, 0.]))
    def forward(self, x):
        return self.layer(x)
torch.jit.script(Net().eval()).save("model.pth")
)";

}  // namespace

TEST_CASE("a TorchScript file is converted once, found again, and its rows stack") {
    Folder folder;
    folder.Python(kLinear);
    auto model = folder.Load();
    CHECK(model->Info().platform == "openvino");
    CHECK(model->Info().batches);
    REQUIRE(model->Info().inputs.size() == 1);
    CHECK(model->Info().inputs[0].shape == Shape{-1, 3});
    CHECK(Answer(*model, Json("[[1,2,3],[4,5,6]]")) == "[[6.5,2.0],[15.5,8.0]]");
    CHECK(Answer(*model, Json("[1,2,3]")) == "[6.5,2.0]");
    CHECK(Answer(*model, Json(R"({"instances": [[1,2,3]]})")) == R"({"predictions":[[6.5,2.0]]})");
    CHECK(Answer(*model, Json(R"({"inputs": {"x": [[1,2,3]]}})")) == R"({"outputs":[[6.5,2.0]]})");

    std::vector<Request> requests;
    requests.push_back(Json("[1,2,3]"));
    requests.push_back(
        {.body = "1,0,0\n0,1,0\n", .content_type = "text/csv", .accept = "text/csv"});
    const float row[3] = {4, 5, 6};
    requests.push_back({.body = NpyHeader(DataType::kFloat32, {1, 3}) +
                                std::string(reinterpret_cast<const char*>(row), sizeof(row)),
                        .content_type = "application/x-npy",
                        .accept = "application/x-npy"});
    const auto answers = Ask(*model, std::move(requests));
    REQUIRE(answers.size() == 3);
    CHECK(answers[0]->body == "[6.5,2.0]");
    CHECK(answers[1]->body == "1.5,2.0\n1.5,0.0\n");
    auto npy = ParseNpy(std::make_shared<const std::string>(answers[2]->body));
    REQUIRE(npy);
    CHECK(npy->Dims() == Shape{1, 2});
    CHECK(npy->As<float>()[0] == 15.5F);
    model.reset();

    // The second load must not need Python.
    folder.options.environment["GYRE_PYTHON"] = "/bin/false";
    model = folder.Load();
    CHECK(Answer(*model, Json("[1,2,3]")) == "[6.5,2.0]");
}

TEST_CASE("TorchScript that does not convert is served by libtorch") {
    Folder folder;
    folder.Python(R"(
import torch
class Net(torch.nn.Module):
    def forward(self, x, y):
        # a dictionary of shapes that depend on values
        return {"kept": x[x > 0], "sum": x + y}
torch.jit.script(Net()).save("model.pt")
)");
    auto model = folder.Load();
    CHECK(model->Info().platform == "torchscript");
    CHECK_FALSE(model->Info().batches);
    CHECK(Answer(*model, Json(R"({"inputs": {"x": [1, -2, 3], "y": [1, 1, 1]}})")) ==
          R"({"outputs":{"output0":[1.0,3.0],"output1":[2.0,-1.0,4.0]}})");
    const auto answers = Ask(*model, {Json(R"({"inputs": {"x": [1, 2, 3], "y": [1, 1]}})"),
                                      Json(R"({"inputs": {"x": [1], "y": [1]}})")});
    REQUIRE(answers.size() == 2);
    REQUIRE_FALSE(answers[0]);
    CHECK(answers[0].error().code == Code::kInvalidArgument);
    CHECK(answers[1]);
}

TEST_CASE("libtorch stacks rows where gyre.json names the batch") {
    Folder folder;
    folder.Python(kLinear);
    folder.Write("gyre.json", R"({"runtime": "torch", "inputs": [{"shape": [-1, 3]}]})");
    auto model = folder.Load();
    CHECK(model->Info().platform == "torchscript");
    CHECK(model->Info().batches);
    const auto answers = Ask(*model, {Json("[1,2,3]"), Json("[[4,5,6],[1,0,0]]")});
    CHECK(answers[0]->body == "[6.5,2.0]");
    CHECK(answers[1]->body == "[[15.5,8.0],[1.5,2.0]]");
}

TEST_CASE("what a body should have been is said") {
    Folder folder;
    folder.Python(kLinear);
    auto model = folder.Load();
    const auto refused = [&](Request request) {
        auto prepared = model->Prepare(std::move(request));
        REQUIRE_FALSE(prepared);
        CHECK(prepared.error().code == Code::kInvalidArgument);
        return prepared.error();
    };
    const auto says = [](const core::Error& error, const char* text) {
        INFO(error.message);
        return error.message.find(text) != std::string::npos;
    };
    CHECK(says(refused(Json("[[1,2]]")), "[1,2]; the model takes FP32 [-1,3]"));
    CHECK(says(refused(Json("[[1,2,3],[1]]")), "ragged"));
    CHECK(says(refused(Json("hello")), "byte 0"));
    CHECK(says(refused({.body = "x", .content_type = "application/x-npy"}), ".npy"));
    CHECK(says(refused({.body = "x", .content_type = "image/jpeg"}), "gyre.json"));
    CHECK(refused({.body = "x", .content_type = "text/html"}).http_status == 415);
    CHECK(refused({.body = "[1,2,3]", .content_type = "application/json", .accept = "text/html"})
              .http_status == 415);
}

TEST_CASE("an empty folder says what was looked for") {
    Folder folder;
    const core::Error error = folder.LoadFails();
    CHECK(error.code == Code::kInvalidArgument);
    CHECK(error.message.find("*.onnx") != std::string::npos);
}

TEST_CASE("damaged files are refused with a reason") {
    Folder folder;
    const char* const names[] = {"model.pt", "model.onnx", "model.xml"};
    for (const char* name : names) {
        core::TempDir other;
        folder.options.directory = other.Path();
        std::ofstream(other.Path() / name) << "this is no model";
        const core::Error error = folder.LoadFails();
        CAPTURE(error.message);
        CHECK(error.code == Code::kInvalidArgument);
        CHECK(error.message.find(name) != std::string::npos);
    }
}

}  // namespace gyre::engine
