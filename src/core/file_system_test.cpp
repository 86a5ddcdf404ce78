#include "core/file_system.h"

#include <doctest/doctest.h>

#include "core/temp_dir.h"

using namespace gyre::core;

TEST_CASE("files are written whole and read at any place") {
    const TempDir folder;
    FileSystem& files = RealFileSystem();
    const auto path = folder.Path() / "a" / "b";
    CHECK(files.Create(path).error().code == Code::kNotFound);
    REQUIRE(files.MakeDirectories(path.parent_path()));
    REQUIRE(WriteFileAtomically(files, path, "hello"));
    REQUIRE(WriteFileAtomically(files, path, "hello again"));
    CHECK(ReadFile(files, path) == std::string("hello again"));
    const auto file = files.Open(path);
    REQUIRE(file);
    char buffer[5];
    CHECK((*file)->ReadAt(6, buffer) == size_t{5});
    CHECK(std::string_view(buffer, 5) == "again");
    CHECK((*file)->ReadAt(9, buffer) == size_t{2});
    CHECK(files.List(path.parent_path()) == std::vector<std::string>{"b"});
    CHECK(files.Stat(path)->size == 11);
    CHECK(files.Remove(path));
    CHECK(files.Remove(path).error().code == Code::kNotFound);
}

TEST_CASE("a sync that is begun ahead changes nothing of what is written") {
    const TempDir folder;
    FileSystem& files = RealFileSystem();
    const auto path = folder.Path() / "a";
    for (const char* more : {"one ", "two "}) {
        const auto file = files.OpenAppend(path);
        REQUIRE(file);
        (*file)->StartSync();
        REQUIRE((*file)->Append(more));
        (*file)->StartSync();
        REQUIRE((*file)->Append(more));
        (*file)->StartSync();
        REQUIRE((*file)->Sync());
    }
    CHECK(ReadFile(files, path) == std::string("one one two two "));
}
