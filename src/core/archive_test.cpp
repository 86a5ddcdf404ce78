#include "core/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "core/file_system.h"
#include "core/temp_dir.h"

using namespace gyre::core;
using Path = std::filesystem::path;

namespace {

struct Entry {
    std::string name;
    std::string bytes;
    unsigned type = AE_IFREG;
    std::string link;  // of a symbolic link, or of a hard link where the type is AE_IFREG
    mode_t mode = 0644;
};

void WriteArchive(const Path& path, const std::vector<Entry>& entries, bool zip = false,
                  bool gzip = true) {
    archive* writer = archive_write_new();
    if (zip) {
        archive_write_set_format_zip(writer);
    } else {
        archive_write_set_format_pax_restricted(writer);
        if (gzip) archive_write_add_filter_gzip(writer);
    }
    REQUIRE(archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
    for (const Entry& entry : entries) {
        archive_entry* header = archive_entry_new();
        archive_entry_set_pathname(header, entry.name.c_str());
        archive_entry_set_filetype(header, entry.type);
        archive_entry_set_perm(header, entry.mode);
        archive_entry_set_size(header, static_cast<la_int64_t>(entry.bytes.size()));
        if (entry.type == AE_IFLNK) {
            archive_entry_set_symlink(header, entry.link.c_str());
        } else if (!entry.link.empty()) {
            archive_entry_set_hardlink(header, entry.link.c_str());
        }
        REQUIRE(archive_write_header(writer, header) >= ARCHIVE_WARN);
        if (!entry.bytes.empty()) {
            REQUIRE(archive_write_data(writer, entry.bytes.data(), entry.bytes.size()) >= 0);
        }
        archive_entry_free(header);
    }
    REQUIRE(archive_write_close(writer) == ARCHIVE_OK);
    archive_write_free(writer);
}

std::string Contents(const Path& path) {
    return ReadFile(RealFileSystem(), path).value_or("(absent)");
}

void AlterByte(const Path& path, const std::function<size_t(size_t size)>& place) {
    std::string bytes = Contents(path);
    bytes[place(bytes.size())] ^= 0x55;
    std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("archives of each kind unpack with their links and without their set-id bits") {
    const std::vector<Entry> entries = {
        {"./", "", AE_IFDIR},
        {"/", "", AE_IFDIR},
        {"code", "", AE_IFDIR, "", 0700},
        {"code/inference.py", "print(1)", AE_IFREG, "", 06755},
        {"deep/er/weights.bin", std::string(300'000, 'w')},
        {"deep/latest", "", AE_IFLNK, "../code/inference.py"},
        {"modèle.txt", "é"},
        {"empty", ""},
        {"twice", "first"},
        {"twice", "second"},
    };
    struct Case {
        bool zip, gzip;
    };
    for (const Case c : {Case{false, true}, Case{false, false}, Case{true, false}}) {
        CAPTURE(c.zip);
        CAPTURE(c.gzip);
        const TempDir folder;
        WriteArchive(folder.Path() / "a", entries, c.zip, c.gzip);
        const Path to = folder.Path() / "new" / "to";
        const Status unpacked = UnpackArchive(folder.Path() / "a", to);
        REQUIRE_MESSAGE(unpacked, unpacked.error().ToString());
        CHECK(Contents(to / "code/inference.py") == "print(1)");
        CHECK(Contents(to / "deep/latest") == "print(1)");
        CHECK(Contents(to / "deep/er/weights.bin").size() == 300'000);
        CHECK(Contents(to / "modèle.txt") == "é");
        CHECK(Contents(to / "empty").empty());
        CHECK(Contents(to / "twice") == "second");
        struct stat info{};
        REQUIRE(stat((to / "code/inference.py").c_str(), &info) == 0);
        CHECK((info.st_mode & 07111) == 0111);
    }
    const TempDir folder;
    WriteArchive(folder.Path() / "a", {{"one", "1"}, {"two", "", AE_IFREG, "one"}});
    REQUIRE(UnpackArchive(folder.Path() / "a", folder.Path() / "to"));
    CHECK(Contents(folder.Path() / "to/two") == "1");
}

TEST_CASE("no entry leads outside, and a refused archive leaves nothing") {
    struct Case {
        const char* what;
        std::vector<Entry> entries;
        std::string message;
    };
    const Case cases[] = {
        {"parent", {{"ok", "x"}, {"../evil", "x"}}, "'../evil'"},
        {"parent inside", {{"a/../../evil", "x"}}, "\"..\""},
        {"absolute", {{"/tmp/evil", "x"}}, "absolute"},
        {"absolute link", {{"l", "", AE_IFLNK, "/etc"}}, "absolute path"},
        {"link up", {{"a/l", "", AE_IFLNK, "../../x"}}, "leads outside"},
        {"link that climbs by another link",
         {{"d/x", "", AE_IFLNK, ".."}, {"y", "", AE_IFLNK, "d/x/.."}},
         "leads outside"},
        {"file through a link",
         {{"real", "", AE_IFDIR}, {"l", "", AE_IFLNK, "real"}, {"l/f", "x"}},
         "'l/f': leads through a link"},
        {"directory through a link",
         {{"real", "", AE_IFDIR}, {"l", "", AE_IFLNK, "real"}, {"l/d/", "", AE_IFDIR}},
         "leads through a link"},
        {"hard link outside", {{"h", "", AE_IFREG, "../secret"}}, "\"..\""},
        {"hard link absolute", {{"h", "", AE_IFREG, "/etc/passwd"}}, "absolute"},
        {"hard link of a link",
         {{"a/b/l", "", AE_IFLNK, "../../f"}, {"h", "", AE_IFREG, "a/b/l"}},
         "no file of the archive"},
        {"hard link to nothing", {{"h", "", AE_IFREG, "none"}}, "no file of the archive"},
        {"pipe", {{"p", "", AE_IFIFO}}, "device, pipe"},
        {"device", {{"d", "", AE_IFCHR}}, "device, pipe"},
        {"file over directory", {{"d/f", "x"}, {"d", "x"}}, "name of a directory"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        const TempDir folder;
        WriteArchive(folder.Path() / "a", c.entries);
        std::ofstream(folder.Path() / "secret") << "secret";
        const Path to = folder.Path() / "to";
        const Status unpacked = UnpackArchive(folder.Path() / "a", to);
        REQUIRE(!unpacked);
        CHECK(unpacked.error().code == Code::kInvalidArgument);
        CHECK_MESSAGE(unpacked.error().message.find(c.message) != std::string::npos,
                      unpacked.error().message);
        CHECK(std::filesystem::is_empty(to));
        CHECK(RealFileSystem().List(folder.Path())->size() == 3);
    }
}

TEST_CASE("a link through which a later file would be written is replaced, not followed") {
    const TempDir folder;
    WriteArchive(folder.Path() / "a",
                 {{"target", "kept"}, {"l", "", AE_IFLNK, "target"}, {"l", "x"}});
    REQUIRE(UnpackArchive(folder.Path() / "a", folder.Path() / "to"));
    CHECK(Contents(folder.Path() / "to/target") == "kept");
    CHECK(Contents(folder.Path() / "to/l") == "x");
}

TEST_CASE("bombs are refused by size, count and ratio") {
    const std::vector<Entry> zeros = {{"small", "x"}, {"zeros", std::string(8 << 20, '\0')}};
    std::vector<Entry> many;
    for (int i = 0; i < 50; ++i) many.push_back({"d" + std::to_string(i) + "/f", "x"});
    struct Case {
        const char* what;
        const std::vector<Entry>& entries;
        ArchiveLimits limits;
        std::string message;
    };
    const Case cases[] = {
        {"size", zeros, {.max_bytes = 1 << 20}, "'zeros': goes over the limit of 1048576"},
        {"count", many, {.max_files = 20}, "'d10/f': is one more than the limit of 20 files"},
        {"ratio", zeros, {.max_ratio = 100, .ratio_free_bytes = 1 << 20}, "more than 100 times"},
    };
    for (const Case& c : cases) {
        for (const bool zip : {false, true}) {
            CAPTURE(c.what);
            CAPTURE(zip);
            const TempDir folder;
            WriteArchive(folder.Path() / "a", c.entries, zip);
            const Path to = folder.Path() / "to";
            const Status unpacked = UnpackArchive(folder.Path() / "a", to, c.limits);
            REQUIRE(!unpacked);
            CHECK(unpacked.error().code == Code::kResourceExhausted);
            CHECK_MESSAGE(unpacked.error().message.find(c.message) != std::string::npos,
                          unpacked.error().message);
            CHECK(std::filesystem::is_empty(to));
            CHECK(UnpackArchive(folder.Path() / "a", to));
        }
    }
}

TEST_CASE("a damaged or foreign archive is refused") {
    const TempDir folder;
    const Path path = folder.Path() / "a";
    std::string noise;
    uint32_t state = 1;
    for (int i = 0; i < 100'000; ++i) {
        noise += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    }
    const auto refused = [&] {
        const Status unpacked = UnpackArchive(path, folder.Path() / "to");
        REQUIRE(!unpacked);
        CHECK(unpacked.error().code == Code::kInvalidArgument);
    };
    SUBCASE("bytes of the contents") {
        // Stored blocks (noise does not shrink): only the checksum shows this damage.
        WriteArchive(path, {{"noise", noise}});
        AlterByte(path, [](size_t size) { return size / 2; });
        refused();
    }
    SUBCASE("checksum") {
        WriteArchive(path, {{"noise", noise}});
        AlterByte(path, [](size_t size) { return size - 6; });
        refused();
    }
    SUBCASE("cut off") {
        WriteArchive(path, {{"noise", noise}});
        std::filesystem::resize_file(path, 60'000);
        refused();
    }
    SUBCASE("cut off zip") {
        WriteArchive(path, {{"noise", noise}}, true);
        std::filesystem::resize_file(path, 60'000);
        refused();
    }
    SUBCASE("no archive") {
        std::ofstream(path) << "not an archive at all";
        refused();
    }
    SUBCASE("empty") {
        std::ofstream(path) << "";
        refused();
    }
    SUBCASE("absent") {
        CHECK(UnpackArchive(path, folder.Path() / "to").error().code == Code::kNotFound);
    }
    SUBCASE("into a used directory") {
        WriteArchive(path, {{"f", "x"}});
        CHECK(UnpackArchive(path, folder.Path()).error().code == Code::kFailedPrecondition);
        CHECK(Contents(path) != "(absent)");
    }
}

TEST_CASE("what is packed unpacks as it was") {
    const TempDir folder;
    const Path from = folder.Path() / "from";
    std::filesystem::create_directories(from / "code" / "empty");
    std::ofstream(from / "model.pt") << std::string(200'000, 'm');
    std::ofstream(from / "code" / "ünïcode") << "x";
    std::filesystem::create_symlink("code/ünïcode", from / "link");
    REQUIRE(PackTarGz(from, folder.Path() / "model.tar.gz"));
    REQUIRE(UnpackArchive(folder.Path() / "model.tar.gz", folder.Path() / "to"));
    const Path to = folder.Path() / "to";
    CHECK(Contents(to / "model.pt") == std::string(200'000, 'm'));
    CHECK(Contents(to / "code/ünïcode") == "x");
    CHECK(Contents(to / "link") == "x");
    CHECK(std::filesystem::is_directory(to / "code/empty"));

    REQUIRE(mkfifo((from / "pipe").c_str(), 0600) == 0);
    CHECK(PackTarGz(from, folder.Path() / "b").error().code == Code::kInvalidArgument);
    CHECK(PackTarGz(folder.Path() / "none", folder.Path() / "b").error().code == Code::kNotFound);
    CHECK(RealFileSystem().List(folder.Path())->size() == 3);
}
