#include <doctest/doctest.h>

#include <fstream>

#include "cli/detail/model_file.h"
#include "core/archive.h"
#include "core/file_system.h"

using namespace gyre;
using cli::detail::PrepareModel;

namespace {

std::filesystem::path Write(const core::TempDir& folder, const std::string& name) {
    const auto path = folder.Path() / name;
    std::ofstream(path) << "bytes of " << name;
    return path;
}

std::vector<std::string> Unpacked(const std::filesystem::path& archive) {
    const core::TempDir into;
    REQUIRE(core::UnpackArchive(archive, into.Path()));
    return *core::RealFileSystem().List(into.Path());
}

}  // namespace

TEST_CASE("archives, ONNX and TorchScript go as they are") {
    const core::TempDir folder;
    struct Row {
        const char* name;
        const char* object;
    };
    for (const Row& row :
         {Row{"m.tar.gz", "model.tar.gz"}, Row{"m.tgz", "model.tar.gz"}, Row{"m.zip", "m.zip"},
          Row{"Net.ONNX", "net.onnx"}, Row{"net.pt", "net.pt"}, Row{"net.pth", "net.pth"},
          Row{"net.torchscript", "net.pt"}}) {
        const auto path = Write(folder, row.name);
        const auto file = PrepareModel(path);
        REQUIRE(file);
        CHECK(file->path == path);
        CHECK(file->object_name == row.object);
    }
}

TEST_CASE("what is of several files is packed, and nothing else of their folder") {
    const core::TempDir folder;
    const auto xml = Write(folder, "net.xml");
    const auto missing = PrepareModel(xml);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message.find("net.bin") != std::string::npos);

    Write(folder, "net.bin");
    const auto onnx = Write(folder, "big.onnx");
    Write(folder, "big.onnx.data");
    const auto ir = PrepareModel(xml);
    REQUIRE(ir);
    CHECK(ir->object_name == "model.tar.gz");
    CHECK(Unpacked(ir->path) == std::vector<std::string>{"net.bin", "net.xml"});
    CHECK(Unpacked(PrepareModel(onnx)->path) ==
          std::vector<std::string>{"big.onnx", "big.onnx.data"});
    CHECK(Unpacked(PrepareModel(folder.Path())->path).size() == 4);
}

TEST_CASE("what cannot be deployed is said, with what can") {
    const core::TempDir folder;
    CHECK(PrepareModel(folder.Path() / "absent.onnx").error().code == core::Code::kNotFound);
    const auto wrong = PrepareModel(Write(folder, "weights.h5"));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == core::Code::kInvalidArgument);
    CHECK(wrong.error().message.find(".onnx") != std::string::npos);
}
