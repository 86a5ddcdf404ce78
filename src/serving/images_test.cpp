#include "serving/images.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "core/temp_dir.h"

namespace gyre::serving {
namespace {

TEST_CASE("stock images are Gyre's own runtimes") {
    const std::string registry = "763104351884.dkr.ecr.us-east-1.amazonaws.com/";
    const struct {
        std::string uri;
        bool stock;
    } cases[] = {
        {registry + "pytorch-inference:2.6.0-cpu-py312", true},
        {registry + "pytorch-inference-graviton:2.6.0-cpu", true},
        {registry + "pytorch-training:2.6.0-cpu-py312", true},
        {registry + "huggingface-pytorch-inference@sha256:0f", true},
        {registry + "djl-inference:0.30.0-cpu-full", true},
        {"763104351884.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch-inference:2", true},
        {"public.ecr.aws/deep-learning-containers/pytorch-inference:2.6.0-cpu-py312", true},
        {"gyre/torch", true},
        {"public.ecr.aws/somebody/pytorch-inference:2.6.0", false},
        {registry + "pytorch-inferences:1", false},
        {registry + "tensorflow-inference:2.16", false},
        {"example.com/pytorch-inference:2", false},
        {"evil.dkr.ecr.example.com/pytorch-inference:2", false},
        {"pytorch-inference", false},
        {"", false},
    };
    for (const auto& one : cases) {
        const auto runtime = ResolveImage(one.uri, core::JsonObject{});
        CHECK_MESSAGE(runtime.has_value() == one.stock, one.uri);
        if (runtime) CHECK(runtime->command.empty());
        if (!runtime) CHECK(runtime.error().message.find("serving.images") != std::string::npos);
    }
}

TEST_CASE("the configuration names programs and directories, before all else") {
    const core::TempDir folder;
    const core::Json images{{"me/exact:1", "/opt/one"},
                            {"me/*", {"python3", "/opt/many.py"}},
                            {"dir:1", folder.Path().string()},
                            {"bad:1", 7},
                            {"bad:2", {"a", 7}},
                            {"bad:3", core::JsonArray{}}};
    CHECK(ResolveImage("me/exact:1", images)->command == std::vector<std::string>{"/opt/one"});
    CHECK(ResolveImage("me/exact:2", images)->command ==
          std::vector<std::string>{"python3", "/opt/many.py"});
    const auto directory = ResolveImage("dir:1", images);
    CHECK(directory->directory == folder.Path());
    CHECK(directory->command == std::vector<std::string>{folder.Path() / "serve"});
    for (const char* bad : {"bad:1", "bad:2", "bad:3"}) {
        const auto refused = ResolveImage(bad, images);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find(bad) != std::string::npos);
    }
}

}  // namespace
}  // namespace gyre::serving
