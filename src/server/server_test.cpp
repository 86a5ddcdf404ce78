#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "core/file_system.h"
#include "core/temp_dir.h"
#include "db/test_databases.h"
#include "server/data_folder.h"
#include "server/root_credentials.h"
#include "server/settings.h"
#include "server/shared_catalog.h"

using namespace gyre;

TEST_CASE("a data folder is held by one server at a time") {
    const core::TempDir folder;
    auto first = server::DataFolder::Take(folder.Path() / "data");
    REQUIRE(first);
    const auto second = server::DataFolder::Take(folder.Path() / "data");
    REQUIRE_FALSE(second);
    CHECK(second.error().code == core::Code::kFailedPrecondition);
    CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
    first->reset();
    CHECK(server::DataFolder::Take(folder.Path() / "data"));
}

TEST_CASE("root credentials are made once, for the owner's eyes only") {
    const core::TempDir folder;
    const auto file = folder.Path() / "credentials";
    const auto made = server::FindRootCredentials(file);
    REQUIRE(made);
    CHECK(made->access_key_id.size() == 20);
    CHECK(made->secret_access_key.size() == 40);
    struct stat info{};
    REQUIRE(::stat(file.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(server::FindRootCredentials(file)->secret_access_key == made->secret_access_key);

    std::ofstream(file) << "[default]\n";
    CHECK(server::FindRootCredentials(file).error().code == core::Code::kFailedPrecondition);

    ::setenv("GYRE_ACCESS_KEY_ID", "AKIDFROMENV", 1);
    CHECK(server::FindRootCredentials(file).error().code == core::Code::kInvalidArgument);
    ::setenv("GYRE_SECRET_ACCESS_KEY", "secret", 1);
    CHECK(server::FindRootCredentials(file)->access_key_id == "AKIDFROMENV");
    ::unsetenv("GYRE_ACCESS_KEY_ID");
    ::unsetenv("GYRE_SECRET_ACCESS_KEY");
}

TEST_CASE("servers over one database have the root credentials of the first") {
    for (const db::TestDatabase& kind : db::EachDatabase()) {
        CAPTURE(kind.kind);
        const core::TempDir folder;
        const auto database = kind.open();
        const auto own = server::FindRootCredentials(folder.Path() / "other");
        REQUIRE(own);
        const auto first = server::SharedRootCredentials(*database, folder.Path() / "first");
        REQUIRE(first);
        const auto other = server::SharedRootCredentials(*database, folder.Path() / "other");
        REQUIRE(other);
        CHECK(other->access_key_id == first->access_key_id);
        CHECK(other->access_key_id != own->access_key_id);
        CHECK(server::FindRootCredentials(folder.Path() / "other")->secret_access_key ==
              first->secret_access_key);
    }
}

TEST_CASE(
    "the configuration has a line of help for each key, and names the nearest of a wrong one") {
    const core::TempDir folder;
    const auto file = folder.Path() / "gyre.toml";
    std::ofstream(file) << "[http]\nthread = 2\n";
    const auto wrong = server::LoadConfig(file.string());
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().message.find("http.threads") != std::string::npos);

    std::ofstream(file) << "account = \"12\"\n";
    CHECK(server::LoadConfig(file.string()).error().message.find("twelve digits") !=
          std::string::npos);

    std::ofstream(file)
        << "listen = \"127.0.0.1:0\"\n[serving.images]\n\"me/mine:*\" = \"/opt/mine\"\n";
    const auto config = server::LoadConfig(file.string());
    REQUIRE(config);
    CHECK(config->GetString("listen") == "127.0.0.1:0");
    CHECK(config->Get("serving.images").as_object().size() == 1);
    CHECK(server::LoadConfig((folder.Path() / "absent").string()).error().code ==
          core::Code::kNotFound);
}

TEST_CASE("docs/configuration.md shows every key as it is") {
    const auto documented =
        core::ReadFile(core::RealFileSystem(), GYRE_SOURCE_DIR "/docs/configuration.md");
    REQUIRE(documented);
    CHECK(documented->find(server::MakeConfig().DefaultsAsToml()) != std::string::npos);
}
