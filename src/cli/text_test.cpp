#include <doctest/doctest.h>

#include "cli/detail/content_type.h"
#include "cli/detail/deploy.h"
#include "cli/detail/env_text.h"
#include "cli/detail/help.h"
#include "cli/detail/how_to_call.h"
#include "cli/detail/table.h"
#include "cli/detail/test_session.h"

using namespace gyre;
using namespace gyre::cli::detail;

TEST_CASE("a table is aligned and cut on a terminal, and tabs elsewhere") {
    TestSession world;
    Table table({"NAME", "STATUS", "REASON"});
    table.Add({{"a"}, {"InService", Colour::kGreen}, {""}});
    table.Add({{"größer"}, {"Failed", Colour::kRed}, {"out of\nmemory while loading"}});
    CHECK(table.Text(world.session) ==
          "a\tInService\t\ngrößer\tFailed\tout of memory while loading\n");

    world.session.out_is_terminal = true;
    world.session.width = 34;
    CHECK(table.Text(world.session) ==
          "NAME    STATUS     REASON\n"
          "a       InService\n"
          "größer  Failed     out of memory …\n");

    world.session.colour = true;
    const std::string coloured = table.Text(world.session);
    CHECK(coloured.find("\033[32mInService\033[0m\n") != std::string::npos);
    CHECK(coloured.find("\033[31mFailed\033[0m   ") != std::string::npos);
}

TEST_CASE("what a cell holds cannot steer the terminal") {
    TestSession world;
    Table table({"NAME"});
    table.Add({{"a\033[2Jb"}});
    CHECK(table.Text(world.session) == "a [2Jb\n");
}

TEST_CASE("ages and sizes") {
    const core::WallTime now{core::milliseconds(1'000'000'000)};
    CHECK(Age(999'995.5, now) == "4s");
    CHECK(Age(1'000'010, now) == "0s");
    CHECK(Age(999'000, now) == "16m");
    CHECK(Age(1'000'000 - 7200, now) == "2h");
    CHECK(Age(1'000'000 - 3 * 86'400, now) == "3d");
    CHECK(Age(std::nullopt, now).empty());
    CHECK(Size(999) == "999 bytes");
    CHECK(Size(1500) == "1.5 kB");
    CHECK(Size(98'000'000) == "98 MB");
    CHECK(Size(999'900) == "1.0 MB");
}

TEST_CASE("values are quoted for the shell that reads them") {
    const Variables variables = {{"A", "it's $x\\y"}, {"B", ""}};
    CHECK(*EnvText(variables, "sh") == "export A='it'\\''s $x\\y'\nunset B\n");
    CHECK(*EnvText(variables, "fish") == "set -gx A 'it\\'s $x\\\\y'\nset -e B\n");
    CHECK(*EnvText(variables, "dotenv") == "A=it's $x\\y\n");
    CHECK_FALSE(EnvText(variables, "tcsh"));
}

TEST_CASE("a content type is told by the name, then by the bytes") {
    CHECK(ContentTypeOf("a/b.NPY", "") == "application/x-npy");
    CHECK(ContentTypeOf("a.unknown", " [1]") == "application/json");
    CHECK(ContentTypeOf("", "\xFF\xD8\xFF\xE0") == "image/jpeg");
    CHECK(ContentTypeOf("-", "1,2") == "application/octet-stream");
    CHECK(IsTextType("application/json; charset=utf-8"));
    CHECK_FALSE(IsTextType("application/x-npy"));
}

TEST_CASE("what deploy makes is dated as by the SageMaker SDK, and never too long a name") {
    const core::WallTime time{core::milliseconds(1'700'000'000'123)};
    CHECK(DatedName("m", time) == "m-2023-11-14-22-13-20-123");
    const std::string cut = DatedName(std::string(38, 'a') + "-" + std::string(24, 'b'), time);
    CHECK(cut == std::string(38, 'a') + "-2023-11-14-22-13-20-123");
    CHECK(CheckEndpointName("a-b1"));
    for (const std::string& bad :
         std::vector<std::string>{"", "-a", "a-", "a_b", "a.b", std::string(64, 'a')}) {
        CHECK_FALSE(CheckEndpointName(bad));
    }
}

TEST_CASE("the nearest word is named only where it is near") {
    CHECK(NearestOf("deplyo", {"delete", "deploy", "env"}) == "deploy");
    CHECK(NearestOf("xyzzyx", {"delete", "deploy", "env"}).empty());
}

TEST_CASE("a call is shown that fits the model") {
    const auto ready = [](const std::string& input) {
        return *core::ParseJson(
            R"({"platform": "openvino", "precision": "bf16", "inputs": [)" + input +
            R"(], "outputs": [{"name": "y", "type": "FP32", "shape": "[-1,3]"}]})");
    };
    const std::string small =
        HowToCall("e", ready(R"({"name": "x", "type": "FP32", "shape": "[-1,2,2]"})"));
    CHECK(
        small.starts_with("runs on   openvino, bf16\ntakes     x FP32 [-1,2,2]\n"
                          "gives     y FP32 [-1,3]\n"));
    CHECK(small.find("gyre invoke e --body '[[[0, 0], [0, 0]]]'\n") != std::string::npos);

    const std::string large =
        HowToCall("e", ready(R"({"name": "x", "type": "UINT8", "shape": "[-1,3,224,224]"})"));
    CHECK(large.find("numpy.zeros((1,3,224,224,), \"uint8\")") != std::string::npos);

    for (const std::string unknown : {R"({"shape": "[-1,-1]"})", R"({"shape": "?"})", "{}"}) {
        CHECK(HowToCall("e", ready(unknown)).find("gyre invoke e FILE") != std::string::npos);
    }
    CHECK(HowToCall("e", core::Json()).starts_with("Call it:\n  gyre invoke e FILE"));
}
