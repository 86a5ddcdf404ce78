#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "engine/codec/npy.h"
#include "engine/detail/model_folder.h"

namespace gyre::engine {
namespace {

/// ONNX by hand (protobuf's wire format, onnx.proto): y = relu(x) of FP32 [N,2] or [1,2].
constexpr const char* kOnnx = R"(
import sys
def number(field, value): return bytes([field << 3, value])
def text(field, value):
    value = value.encode() if isinstance(value, str) else value
    assert len(value) < 128
    return bytes([field << 3 | 2, len(value)]) + value
def value(name, rows):
    rows = text(2, "N") if rows is None else number(1, rows)
    shape = text(1, rows) + text(1, number(1, 2))
    return text(1, name) + text(2, text(1, number(1, 1) + text(2, shape)))
def model(rows):
    node = text(1, "x") + text(2, "y") + text(4, "Relu")
    graph = text(1, node) + text(2, "g") + text(11, value("x", rows)) + text(12, value("y", rows))
    return number(1, 8) + text(7, graph) + text(8, text(1, "") + number(2, 13))
open("model.onnx", "wb").write(model(ROWS))
)";

std::string Onnx(const char* rows) {
    std::string code = kOnnx;
    return code.replace(code.find("ROWS"), 4, rows);
}

Request Npy(DataType type, Shape shape, const std::string& values) {
    return {.body = NpyHeader(type, shape) + values, .content_type = "application/x-npy"};
}

std::string Repeated(const std::string& pixel, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += pixel;
    return text;
}

const core::Json* Detail(const Model& model, const char* name) {
    return core::JsonFind(model.Info().details, name);
}

}  // namespace

TEST_CASE("an ONNX file is served, and its fixed batch of one is freed") {
    const char* const batches[] = {"None", "1"};
    for (const char* rows : batches) {
        CAPTURE(rows);
        ModelFolder folder;
        folder.Python(Onnx(rows));
        auto model = folder.Load();
        CHECK(model->Info().batches);
        CHECK(model->Info().inputs[0].name == "x");
        CHECK(model->Info().inputs[0].shape == Shape{-1, 2});
        CHECK(model->Info().outputs[0].name == "y");
        CHECK(Answer(*model, Json("[[1,-2],[-3,4],[5,6]]")) == "[[1.0,0.0],[0.0,4.0],[5.0,6.0]]");
    }
}

TEST_CASE("a batch that the model fixes is served as it is, and never stacked") {
    ModelFolder folder;
    folder.Python(Onnx("2"));
    auto model = folder.Load();
    CHECK_FALSE(model->Info().batches);
    const auto answers = Ask(*model, {Json("[[1,-2],[-3,4]]"), Json("[[1,1],[2,2]]")});
    REQUIRE(answers[0]);
    CHECK(answers[0]->body == "[[1.0,0.0],[0.0,4.0]]");
    CHECK(answers[1]->body == "[[1.0,1.0],[2.0,2.0]]");
    CHECK_FALSE(model->Prepare(Json("[[1,2]]")));
}

TEST_CASE("rows that act on one another are not stacked") {
    ModelFolder folder("mixed.pt");
    folder.Write("gyre.json", R"({"inputs": [{"shape": [-1, 3]}]})");
    auto model = folder.Load();
    CHECK_FALSE(model->Info().batches);
    const core::Json* batching = Detail(*model, "batching");
    REQUIRE(batching);
    CHECK(core::JsonBool(*batching, "stacks") == false);
}

TEST_CASE("pictures are prepared inside the network") {
    ModelFolder folder("means.pt");
    folder.Python(R"(
from PIL import Image
Image.new("RGB", (12, 8), (143, 127, 7)).save("picture.png")
)");
    folder.Write("gyre.json",
                 R"({"image": {"size": [4, 6], "mean": [127, 127, 7], "scale": [16, 16, 4]}})");
    auto model = folder.Load();
    CHECK(model->Info().inputs[0].type == DataType::kUint8);
    CHECK(model->Info().inputs[0].shape == Shape{-1, 4, 6, 3});
    CHECK(model->Info().batches);
    const std::string one = Repeated(std::string("\x8F\x7F\x07", 3), 24);  // 143, 127, 7
    CHECK(Answer(*model, Npy(DataType::kUint8, {4, 6, 3}, one)) == "[1.0,0.0,0.0]");
    CHECK(Answer(*model, Npy(DataType::kUint8, {2, 4, 6, 3}, one + one)) ==
          "[[1.0,0.0,0.0],[1.0,0.0,0.0]]");
    CHECK((*model->Prepare(Npy(DataType::kUint8, {2, 4, 6, 3}, one + one)))->Rows() == 2);
    const auto png = core::ReadFile(core::RealFileSystem(), folder.folder.Path() / "picture.png");
    REQUIRE(png);
    CHECK(Answer(*model, {.body = *png, .content_type = "image/png"}) == "[1.0,0.0,0.0]");
    CHECK(Answer(*model, {.body = *png, .content_type = "application/x-image"}) == "[1.0,0.0,0.0]");
    CHECK(Answer(*model, {.body = one, .content_type = "application/octet-stream"}) ==
          "[[1.0,0.0,0.0]]");
    CHECK_FALSE(model->Prepare(Npy(DataType::kUint8, {3, 4, 6}, one)));
}

TEST_CASE("labels take the numbers' place") {
    ModelFolder folder("means.pt");
    folder.Write("gyre.json", R"({"image": {"size": [4, 6]}, "labels": "names.txt", "top_k": 2})");
    folder.Write("names.txt", "red\ngreen\n\"blue\"\n");
    auto model = folder.Load();
    const std::string one = Repeated(std::string("\x01\x02\x03", 3), 24);
    CHECK(Answer(*model, Npy(DataType::kUint8, {4, 6, 3}, one)) ==
          R"([{"label":"\"blue\"","score":3.0},{"label":"green","score":2.0}])");
    CHECK(Answer(*model, Npy(DataType::kUint8, {1, 4, 6, 3}, one)).starts_with("[[{"));
}

TEST_CASE("the precision is measured, chosen and shown") {
    ModelFolder folder("means.pt");
    folder.options.precision = "auto";
    folder.Python(R"(
import numpy, os
os.mkdir("samples")
numpy.save("samples/a.npy", numpy.random.default_rng(1).integers(0, 256, (6, 4, 6, 3), dtype=numpy.uint8))
)");
    folder.Write("gyre.json",
                 R"({"image": {"size": [4, 6], "scale": 255}, "accuracy_tolerance": 0})");
    auto model = folder.Load();
    CHECK(model->Info().precision == "fp32");  // nothing else is exact
    const core::Json* precisions = Detail(*model, "precisions");
    REQUIRE(precisions);
    REQUIRE(precisions->as_array().size() == 3);
    for (const core::Json& trial : precisions->as_array()) {
        CAPTURE(core::JsonText(trial));
        const auto name = core::JsonString(trial, "precision");
        if (core::JsonFind(trial, "unusable")) {
            CHECK(name == "bf16");  // where the processor has none
            continue;
        }
        CHECK(core::JsonFind(trial, "ms"));
        CHECK((core::JsonDouble(trial, "error") > 0) == (name != "fp32"));
        CHECK(core::JsonDouble(trial, "error") < 0.1);
    }
    CHECK(core::JsonString(model->Info().details, "judged_on") ==
          "6 samples of the model's folder");

    // By name, in spite of the tolerance; and now out of the cache.
    folder.options.precision = "int8";
    folder.options.environment["GYRE_PYTHON"] = "/bin/false";
    model = folder.Load();
    CHECK(model->Info().precision == "int8");
}

TEST_CASE("int8 needs samples") {
    ModelFolder folder;
    folder.Python(Onnx("None"));
    folder.options.precision = "int8";
    const core::Error error = folder.LoadFails();
    CHECK(error.code == core::Code::kInvalidArgument);
    CHECK(error.message.find("samples") != std::string::npos);
}

TEST_CASE("what gyre.json says wrongly is named") {
    ModelFolder folder;
    folder.Python(Onnx("None"));
    const std::pair<const char*, const char*> wrong[] = {
        {R"({"imgae": {}})", "'imgae'"},
        {R"({"image": {"size": 4}})", "asks for an input"},
        {R"({"image": {}})", "image.size"},
        {R"({"model": "../model.onnx"})", "inside the model's folder"},
        {R"({"model": "other.onnx"})", "other.onnx"},
        {R"({"inputs": [{"shape": [-1, 3, 3]}]})", "gives an input"},
        {R"({"precision": "fp8"})", "precision"},
        {R"({"labels": "none.txt", "top_k": 1})", "none.txt"},
        {R"({"runtime": "onnxruntime"})", "runtime"},
        {R"([])", "object"},
        {R"({)", "gyre.json"}};
    for (const auto& [text, names] : wrong) {
        CAPTURE(std::string(text));
        folder.Write("gyre.json", text);
        const core::Error error = folder.LoadFails();
        CAPTURE(error.message);
        CHECK(error.message.find(names) != std::string::npos);
    }
}

}  // namespace gyre::engine
