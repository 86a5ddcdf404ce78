#include "server/tls_setup.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "core/file_system.h"
#include "core/temp_dir.h"
#include "server/settings.h"

using namespace gyre;

namespace {

std::string Read(const std::filesystem::path& file) {
    return core::ReadFile(core::RealFileSystem(), file).value_or("");
}

core::Result<server::Tls> Open(const std::filesystem::path& folder, const char* toml = "") {
    core::Config config = server::MakeConfig();
    REQUIRE(config.LoadToml(toml, "test"));
    return server::OpenTls(config, folder, core::SystemClock());
}

}  // namespace

TEST_CASE("the authority is made once, its key for the owner's eyes only") {
    const core::TempDir folder;
    const auto tls = folder.Path() / "tls";
    const auto first = Open(tls);
    REQUIRE(first);
    REQUIRE(first->server);
    CHECK(first->authority_pem == Read(tls / "ca.pem"));
    struct stat info{};
    REQUIRE(::stat((tls / "ca.key").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    const std::string key = Read(tls / "ca.key");
    CHECK(Open(tls)->authority_pem == first->authority_pem);
    CHECK(Read(tls / "ca.key") == key);
    CHECK(first->authority_pem.find("PRIVATE") == std::string::npos);
}

TEST_CASE("a crash between the key and its certificate costs neither") {
    const core::TempDir folder;
    const auto tls = folder.Path() / "tls";
    REQUIRE(Open(tls));
    const std::string key = Read(tls / "ca.key");
    std::filesystem::remove(tls / "ca.pem");
    REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), tls / "ca.key.new", "half a k"));
    const auto again = Open(tls);
    REQUIRE(again);
    CHECK(Read(tls / "ca.key") == key);
    CHECK(again->authority_pem == Read(tls / "ca.pem"));

    REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), tls / "ca.pem", "damaged"));
    const auto damaged = Open(tls);
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().message.find("restore ca.key and ca.pem") != std::string::npos);
}

TEST_CASE("what the configuration says of https is held") {
    const core::TempDir folder;
    const auto off = Open(folder.Path() / "off", "[tls]\nmode = \"http\"\n");
    REQUIRE(off);
    CHECK_FALSE(off->server);
    CHECK_FALSE(std::filesystem::exists(folder.Path() / "off"));
    CHECK(Open(folder.Path() / "a", "[tls]\nmode = \"https\"\n")->only);
    CHECK_FALSE(Open(folder.Path() / "b", "[tls]\nmode = \"tls\"\n"));
    CHECK_FALSE(Open(folder.Path() / "c", "[tls]\ncertificate = \"/no/such\"\nkey = \"/file\"\n"));
    CHECK_FALSE(Open(folder.Path() / "d", "[tls]\nkey = \"/file\"\n"));
    CHECK_FALSE(Open(folder.Path() / "e", "[tls]\nnames = [1]\n"));
    const auto named = Open(folder.Path() / "f",
                            "[http]\ndomains = [\"s3.lan\"]\n[tls]\nnames = [\"Gyre.LAN\"]\n");
    REQUIRE(named);
    REQUIRE(named->names.size() >= 2);
    CHECK(named->names[named->names.size() - 2] == "gyre.lan");
    CHECK(named->names.back() == "s3.lan");
    auto& certificates = named->server->Certificates();
    const auto bucket = certificates.Choose("bucket.s3.lan", "");
    REQUIRE(bucket);
    CHECK(bucket->leaf == certificates.Choose("BUCKET.s3.lan", "10.0.0.1")->leaf);
    CHECK(bucket->leaf != certificates.Choose("nots3.lan", "10.0.0.1")->leaf);
}

TEST_CASE("the proxy answers for AWS's names and its own") {
    const std::vector<std::string> own = {"gyre.lan"};
    CHECK(server::AnswersFor("sts.amazonaws.com", 443, 8080, own));
    CHECK(server::AnswersFor("bucket.s3.eu-west-1.amazonaws.com", 443, 8080, own));
    CHECK_FALSE(server::AnswersFor("sts.amazonaws.com", 8080, 8080, own));
    CHECK_FALSE(server::AnswersFor("example.com", 443, 8080, own));
    for (const char* name :
         {"localhost", "127.0.0.1", "[::1]", "gyre.lan", "bucket.localhost", "bucket.gyre.lan"}) {
        CHECK(server::AnswersFor(name, 8080, 8080, own));
        CHECK_FALSE(server::AnswersFor(name, 443, 8080, own));
    }
    CHECK_FALSE(server::AnswersFor("notgyre.lan", 8080, 8080, own));
}
