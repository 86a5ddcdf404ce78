#include <doctest/doctest.h>

#include <fstream>

#include "cli/detail/connection.h"
#include "cli/detail/test_session.h"
#include "core/temp_dir.h"

using namespace gyre;
using namespace gyre::cli::detail;

namespace {

/// A platform's folder with its address and keys.
struct Folder {
    core::TempDir dir;
    explicit Folder(const std::string& url) {
        std::ofstream(dir.Path() / "address") << url << "\n";
        std::ofstream(dir.Path() / "credentials")
            << "[other]\naws_access_key_id = NO\naws_secret_access_key = NO\n"
            << "[default]\naws_access_key_id = AKIDFOLDER\naws_secret_access_key = s/+=\n";
    }
    [[nodiscard]] std::string Path() const { return dir.Path().string(); }
};

}  // namespace

TEST_CASE("a platform is found by its folder") {
    const Folder folder("http://127.0.0.1:9");
    TestSession world;
    world.variables["GYRE_DATA"] = folder.Path();
    const auto found = FindConnection(world.session, {});
    REQUIRE(found);
    CHECK(found->url == "http://127.0.0.1:9");
    CHECK(found->access_key_id == "AKIDFOLDER");
    CHECK(found->secret_access_key == "s/+=");
    CHECK(found->region == "us-east-1");
}

TEST_CASE("the environment of a stock client goes before the folder that nobody named") {
    const Folder folder("http://127.0.0.1:9");
    TestSession world;
    world.variables = {{"GYRE_DATA", folder.Path()},     {"AWS_ENDPOINT_URL", "http://other:1/"},
                       {"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "e"},
                       {"AWS_SESSION_TOKEN", "t"},       {"AWS_REGION", "eu-central-1"}};
    const auto found = FindConnection(world.session, {});
    REQUIRE(found);
    CHECK(found->url == "http://other:1");
    CHECK(found->access_key_id == "AKIDENV");
    CHECK(found->session_token == "t");
    CHECK(found->region == "eu-central-1");
    CHECK(found->keys_from.find("AWS_ACCESS_KEY_ID") != std::string::npos);

    world.variables["GYRE_URL"] = "http://gyre:2";
    CHECK(FindConnection(world.session, {})->url == "http://gyre:2");
    CHECK(FindConnection(world.session, {.url = "http://flag:3"})->url == "http://flag:3");

    SUBCASE("but a folder that was named is meant, address and keys") {
        const auto named = FindConnection(world.session, {.data = folder.Path()});
        CHECK(named->url == "http://127.0.0.1:9");
        CHECK(named->access_key_id == "AKIDFOLDER");
        CHECK(named->session_token.empty());
    }
    SUBCASE("and gyre env gives out the platform's own, whatever an earlier one left") {
        const auto own = FindConnection(world.session, {}, Prefer::kFolder);
        CHECK(own->url == "http://127.0.0.1:9");
        CHECK(own->access_key_id == "AKIDFOLDER");
    }
}

TEST_CASE("keys of another AWS account in the environment do no harm") {
    const Folder folder("http://127.0.0.1:9");
    TestSession world;
    world.variables = {{"GYRE_DATA", folder.Path()},
                       {"AWS_ACCESS_KEY_ID", "AKIDOFANOTHER"},
                       {"AWS_SECRET_ACCESS_KEY", "e"}};
    CHECK(FindConnection(world.session, {})->access_key_id == "AKIDFOLDER");

    // The platform may have been started with keys of the user's own.
    world.variables["GYRE_ACCESS_KEY_ID"] = "AKIDMINE";
    world.variables["GYRE_SECRET_ACCESS_KEY"] = "m";
    CHECK(FindConnection(world.session, {})->access_key_id == "AKIDMINE");
}

TEST_CASE("what is missing is said with what to do") {
    const core::TempDir empty;
    TestSession world;
    const auto nothing = FindConnection(world.session, {.data = empty.Path().string()});
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().message.find("gyre serve") != std::string::npos);

    world.variables["GYRE_DATA"] = empty.Path().string();
    const auto keyless = FindConnection(world.session, {.url = "http://h:1"});
    REQUIRE_FALSE(keyless);
    CHECK(keyless.error().code == core::Code::kUnauthenticated);
    CHECK(keyless.error().message.find("AWS_ACCESS_KEY_ID") != std::string::npos);
}

TEST_CASE("an address is what an http URL says") {
    CHECK(AddressOf("http://127.0.0.1:8080")->address == "127.0.0.1:8080");
    CHECK_FALSE(AddressOf("http://127.0.0.1:8080")->secure);
    CHECK(AddressOf("http://gyre/")->address == "gyre:80");
    CHECK(AddressOf("http://[::1]:7")->address == "[::1]:7");
    CHECK(AddressOf("https://gyre")->address == "gyre:443");
    CHECK(AddressOf("https://gyre:8443/")->secure);
    CHECK_FALSE(AddressOf("127.0.0.1:8080"));
    CHECK_FALSE(AddressOf("ftp://gyre"));
}

TEST_CASE("env prints exports, and unsets what another platform left") {
    const Folder folder("http://127.0.0.1:9");
    TestSession world;
    world.variables["AWS_SESSION_TOKEN"] = "stale";
    REQUIRE(world.Run({"env", "--data", folder.Path()}) == 0);
    CHECK(world.Out() ==
          "export AWS_ENDPOINT_URL=http://127.0.0.1:9\n"
          "export AWS_ACCESS_KEY_ID=AKIDFOLDER\n"
          "export AWS_SECRET_ACCESS_KEY=s/+=\n"
          "unset AWS_SESSION_TOKEN\n"
          "export AWS_REGION=us-east-1\n"
          "export AWS_DEFAULT_REGION=us-east-1\n");
    // With an authority to trust, the four that carry unchanged scripts.
    const std::string authority = folder.Path() + "/tls/ca.pem";
    REQUIRE(core::RealFileSystem().MakeDirectories(folder.Path() + "/tls"));
    REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), authority, "PEM"));
    REQUIRE(world.Run({"env", "--data", folder.Path()}) == 0);
    CHECK(
        world.Out().starts_with("export AWS_ENDPOINT_URL=http://127.0.0.1:9\n"
                                "export HTTPS_PROXY=http://127.0.0.1:9\n"
                                "export AWS_CA_BUNDLE=" +
                                authority +
                                "\n"
                                "export REQUESTS_CA_BUNDLE=" +
                                authority +
                                "\n"
                                "export AWS_ACCESS_KEY_ID=AKIDFOLDER\n"));
    world.variables["https_proxy"] = "http://corporate:3128";
    REQUIRE(world.Run({"env", "--data", folder.Path()}) == 0);
    CHECK(world.Out().find("\nunset https_proxy\n") != std::string::npos);
    REQUIRE(world.Run({"env", "--data", folder.Path(), "--json"}) == 0);
    const auto json = core::ParseJson(world.Out());
    REQUIRE(json);
    CHECK(*core::JsonString(*json, "AWS_ACCESS_KEY_ID") == "AKIDFOLDER");
    CHECK(core::JsonFind(*json, "AWS_SESSION_TOKEN") == nullptr);
    CHECK(world.Run({"env", "--data", folder.Path(), "--format", "csh"}) == 2);
}

TEST_CASE("a platform that does not answer is one line and exit code 1") {
    // Nothing listens on port 1.
    const Folder folder("http://127.0.0.1:1");
    TestSession world;
    CHECK(world.Run({"status", "--data", folder.Path()}) == 1);
    CHECK(world.Out().empty());
    CHECK(world.Err() ==
          "gyre: no platform answers at http://127.0.0.1:1 (from " + folder.Path() +
              "/address); start one with `gyre serve`, or name another with --url or --data\n");
}
