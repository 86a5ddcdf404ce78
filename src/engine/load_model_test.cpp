#include <doctest/doctest.h>

#include <fstream>
#include <thread>

#include "engine/codec/npy.h"
#include "engine/detail/model_folder.h"

namespace gyre::engine {
namespace {

using core::Code;

}  // namespace

TEST_CASE("a TorchScript file is converted once, found again, and its rows stack") {
    ModelFolder folder("linear.pth", ModelFolder::Cache::kOwn);
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
    auto npy = ParseNpy(std::make_shared<const std::string>(answers[2]->body.View()));
    REQUIRE(npy);
    CHECK(npy->Dims() == Shape{1, 2});
    CHECK(npy->As<float>()[0] == 15.5F);
    Request one{.body = "1,0,0\n", .content_type = "text/csv", .accept = "text/csv"};
    CHECK(Answer(*model, std::move(one)) == "1.5,2.0\n");  // a line for a row, as its request
    model.reset();

    // The second load must not need Python.
    folder.options.environment["GYRE_PYTHON"] = "/bin/false";
    model = folder.Load();
    CHECK(Answer(*model, Json("[1,2,3]")) == "[6.5,2.0]");
}

TEST_CASE("TorchScript that does not convert is served by libtorch") {
    ModelFolder folder("dictionary.pt");
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
    ModelFolder folder("linear.pth");
    folder.Write("gyre.json", R"({"runtime": "torch", "inputs": [{"shape": [-1, 3]}]})");
    auto model = folder.Load();
    CHECK(model->Info().platform == "torchscript");
    CHECK(model->Info().batches);
    const auto answers = Ask(*model, {Json("[1,2,3]"), Json("[[4,5,6],[1,0,0]]")});
    CHECK(answers[0]->body == "[6.5,2.0]");
    CHECK(answers[1]->body == "[[15.5,8.0],[1.5,2.0]]");
}

TEST_CASE("libtorch refuses a precision that it does not compute in") {
    ModelFolder folder("linear.pth");
    folder.Write("gyre.json",
                 R"({"runtime": "torch", "inputs": [{"shape": [-1, 3]}], "precision": "int8"})");
    folder.options.precision = "auto";
    const core::Error error = folder.LoadFails();
    CHECK(error.code == Code::kInvalidArgument);
    CHECK(error.message.find("precision int8 cannot be had") != std::string::npos);
    folder.options.precision = "bf16";  // goes before the file's
    CHECK(folder.LoadFails().message.find("precision bf16 cannot") != std::string::npos);
    folder.options.precision = "fp32";
    CHECK(folder.Load()->Info().precision == "fp32");
}

TEST_CASE("what a body should have been is said") {
    ModelFolder folder("linear.pth");
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

TEST_CASE("hosts that load the same file at once convert it once") {
    ModelFolder folder("linear.pth", ModelFolder::Cache::kOwn);
    const auto program = folder.cache.Path() / "python";
    std::ofstream(program) << "#!/bin/sh\necho started >>" << folder.cache.Path().string()
                           << "/starts\nexec " << GYRE_PYTHON << " \"$@\"\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    folder.options.environment["GYRE_PYTHON"] = program;
    folder.options.on_log = nullptr;
    std::vector<std::thread> hosts;
    std::array<std::unique_ptr<Model>, 3> models;
    for (auto& model : models) {
        hosts.emplace_back([&] {
            if (auto loaded = LoadModel(folder.options)) model = std::move(*loaded);
        });
    }
    for (std::thread& host : hosts) host.join();
    for (auto& model : models) {
        REQUIRE(model);
        CHECK(Answer(*model, Json("[1,2,3]")) == "[6.5,2.0]");
    }
    const auto starts = core::ReadFile(core::RealFileSystem(), folder.cache.Path() / "starts");
    REQUIRE(starts);
    CHECK(*starts == "started\n");
}

TEST_CASE("a converter that dies leaves nothing that is taken for a result") {
    ModelFolder folder("linear.pth", ModelFolder::Cache::kOwn);
    folder.options.environment["GYRE_PYTHON"] = "/bin/false";
    const core::Error error = folder.LoadFails();
    CHECK(error.code == Code::kInternal);
    CHECK(error.message.find("exit code 1") != std::string::npos);
    // One that is killed, as by a lack of memory, is not the file's fault.
    const auto program = folder.cache.Path() / "python";
    std::ofstream(program) << "#!/bin/sh\nkill -9 $$\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    folder.options.environment["GYRE_PYTHON"] = program;
    CHECK(folder.Load()->Info().platform == "torchscript");
    folder.options.environment.clear();
    CHECK(folder.Load()->Info().platform == "openvino");
}

TEST_CASE("an empty folder says what was looked for") {
    ModelFolder folder;
    const core::Error error = folder.LoadFails();
    CHECK(error.code == Code::kInvalidArgument);
    CHECK(error.message.find("*.onnx") != std::string::npos);
}

TEST_CASE("an IR whose parts are missing or cut is refused") {
    ModelFolder folder;
    folder.Write("model.xml", "<?xml version=\"1.0\"?>\n<net name=\"n\" version=\"11\"><layers>");
    const core::Error error = folder.LoadFails();
    CHECK(error.code == Code::kInvalidArgument);
    CHECK(error.message.find("model.xml") != std::string::npos);
}

TEST_CASE("damaged files are refused with a reason") {
    ModelFolder folder;
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
