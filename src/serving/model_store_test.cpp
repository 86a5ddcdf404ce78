#include "serving/model_store.h"

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

struct Store {
    Store() { Open(); }
    void Open(core::ArchiveLimits limits = {}) {
        store = nullptr;
        store = ModelStore::Open({.directory = folder.Path() / "models",
                                  .objects = &objects,
                                  .files = &core::RealFileSystem(),
                                  .limits = limits})
                    .value();
    }
    /// A model.tar.gz with one file.
    void PutArchive(const std::string& key, const std::string& name, const std::string& text) {
        const core::TempDir made;
        std::filesystem::create_directories((made.Path() / "d" / name).parent_path());
        REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), made.Path() / "d" / name, text));
        REQUIRE(core::PackTarGz(made.Path() / "d", made.Path() / "a.tar.gz"));
        objects.objects[key] =
            core::ReadFile(core::RealFileSystem(), made.Path() / "a.tar.gz").value();
    }
    core::Result<std::shared_ptr<const ModelStore::Model>> Fetch(const std::string& key,
                                                                 bool prefix = false) {
        return store->Fetch("s3://models/" + key, prefix, cancel);
    }
    std::string Refusal(const std::string& key, bool prefix = false) {
        const auto model = Fetch(key, prefix);
        REQUIRE_FALSE(model);
        return model.error().message;
    }
    std::vector<std::string> Folders() {
        return core::RealFileSystem().List(folder.Path() / "models").value();
    }
    std::vector<std::string> Incoming() {
        return core::RealFileSystem().List(folder.Path() / "models" / "incoming").value();
    }
    static std::string Read(const std::filesystem::path& file) {
        return core::ReadFile(core::RealFileSystem(), file).value_or("(none)");
    }

    core::TempDir folder;
    FakeObjects objects;
    core::CancelToken cancel;
    std::unique_ptr<ModelStore> store;
};

TEST_CASE("an archive is unpacked once for all who use it") {
    Store store;
    store.PutArchive("a/model.tar.gz", "code/inference.py", "print()");
    store.objects.objects["b/same.tar.gz"] = store.objects.objects["a/model.tar.gz"];
    const auto first = store.Fetch("a/model.tar.gz");
    REQUIRE(first);
    CHECK(Store::Read((*first)->directory / "code/inference.py") == "print()");
    const auto second = store.Fetch("b/same.tar.gz");
    REQUIRE(second);
    CHECK(*second == *first);
    CHECK(store.Incoming().empty());
}

TEST_CASE("a bare model keeps its name") {
    Store store;
    store.objects.objects["x/net.onnx"] = "weights";
    store.objects.objects["x/other.onnx"] = "weights";
    const auto model = store.Fetch("x/net.onnx");
    REQUIRE(model);
    CHECK(Store::Read((*model)->directory / "net.onnx") == "weights");
    const auto other = store.Fetch("x/other.onnx");
    REQUIRE(other);
    CHECK((*other)->directory != (*model)->directory);
}

TEST_CASE("a prefix is a folder of objects") {
    Store store;
    store.objects.objects["p/code/inference.py"] = "a";
    store.objects.objects["p/model.pt"] = "b";
    store.objects.objects["p/empty/"] = "";
    store.objects.objects["q/other"] = "c";
    const auto model = store.Fetch("p/", true);
    REQUIRE(model);
    CHECK(Store::Read((*model)->directory / "code/inference.py") == "a");
    CHECK(Store::Read((*model)->directory / "model.pt") == "b");
    CHECK_FALSE(std::filesystem::exists((*model)->directory / "other"));
    CHECK(store.Refusal("none/", true).find("no objects") != std::string::npos);
    store.objects.objects["p/../../evil"] = "x";
    CHECK(store.Refusal("p/", true).find("no path below") != std::string::npos);
}

TEST_CASE("what cannot be a model is refused with the object's name and leaves nothing") {
    Store store;
    store.objects.objects["text.tar.gz"] = "this is no archive";
    store.PutArchive("big.tar.gz", "zeros", std::string(4'000'000, '\0'));
    store.Open({.max_bytes = 1'000'000});
    store.objects.objects["large.onnx"] = std::string(1'000'001, 'x');
    for (const char* key : {"text.tar.gz", "big.tar.gz", "large.onnx", "missing.tar.gz"}) {
        CHECK(store.Refusal(key).find("s3://models/" + std::string(key)) != std::string::npos);
    }
    CHECK(store.Folders() == std::vector<std::string>{"incoming"});
    CHECK(store.Incoming().empty());
    CHECK_FALSE(store.store->Fetch("/etc/passwd", false, store.cancel));
    store.cancel.Cancel();
    store.objects.objects["n.onnx"] = "x";
    CHECK(store.Fetch("n.onnx").error().code == core::Code::kCancelled);
}

TEST_CASE("a sweep takes what nobody uses") {
    Store store;
    store.objects.objects["a.onnx"] = "a";
    store.objects.objects["b.onnx"] = "b";
    store.objects.objects["c.onnx"] = "c";
    auto a = *store.Fetch("a.onnx");
    const std::string a_name = a->name;
    const std::string b_name = (*store.Fetch("b.onnx"))->name;
    const std::string c_name = (*store.Fetch("c.onnx"))->name;
    store.store->Sweep({b_name});
    CHECK(store.store->Reopen(a_name));  // held
    CHECK(store.store->Reopen(b_name));  // used
    CHECK(store.store->Reopen(c_name).error().code == core::Code::kNotFound);
    a = nullptr;
    store.store->Sweep({b_name});
    CHECK_FALSE(store.store->Reopen(a_name));
}

TEST_CASE("what was half done at a crash is cleared away, what was whole is there") {
    Store store;
    store.objects.objects["a.onnx"] = "a";
    const std::string name = (*store.Fetch("a.onnx"))->name;
    std::filesystem::create_directories(store.folder.Path() / "models/incoming/half/model");
    store.Open();
    CHECK(store.Incoming().empty());
    const auto model = store.store->Reopen(name);
    REQUIRE(model);
    CHECK(Store::Read((*model)->directory / "a.onnx") == "a");
    for (const char* wrong : {"", "incoming", "../x", "..", "/etc"}) {
        CHECK_FALSE(store.store->Reopen(wrong));
    }
}

}  // namespace
}  // namespace gyre::serving::test
