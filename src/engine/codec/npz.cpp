#include "engine/codec/npz.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <string>

#include "engine/codec/npy.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;

constexpr size_t kMostBytes = size_t{1} << 30;
constexpr size_t kMostArrays = 256;

struct NamedTensor {
    std::string name;
    Tensor tensor;
};

tl::unexpected<core::Error> BadNpz(const std::string& why) {
    return Fail(Code::kInvalidArgument, "the body is no .npz file that can be used: " + why);
}

std::string Reason(archive* zip) {
    const char* text = archive_error_string(zip);
    return text ? text : "damaged";
}

core::Result<std::vector<NamedTensor>> ReadArrays(std::string_view body) {
    const std::unique_ptr<archive, decltype(&archive_read_free)> zip(archive_read_new(),
                                                                     archive_read_free);
    archive_read_support_format_zip_seekable(zip.get());
    if (archive_read_open_memory(zip.get(), body.data(), body.size()) != ARCHIVE_OK) {
        return BadNpz(Reason(zip.get()));
    }
    std::vector<NamedTensor> arrays;
    size_t total = 0;
    archive_entry* entry = nullptr;
    int status = ARCHIVE_OK;
    while ((status = archive_read_next_header(zip.get(), &entry)) == ARCHIVE_OK) {
        if (arrays.size() == kMostArrays) return BadNpz("it holds more than 256 arrays");
        const char* name = archive_entry_pathname(entry);
        std::string path = name ? name : "";
        if (path.ends_with(".npy")) path.resize(path.size() - 4);
        auto bytes = std::make_shared<std::string>();
        const void* block = nullptr;
        size_t size = 0;
        la_int64_t offset = 0;
        while ((status = archive_read_data_block(zip.get(), &block, &size, &offset)) ==
               ARCHIVE_OK) {
            total += size;
            if (total > kMostBytes) return BadNpz("it unpacks to more than 1 GiB");
            if (offset != static_cast<la_int64_t>(bytes->size())) return BadNpz("it has holes");
            bytes->append(static_cast<const char*>(block), size);
        }
        if (status != ARCHIVE_EOF) return BadNpz(Reason(zip.get()));
        auto tensor = ParseNpy(std::shared_ptr<const std::string>(std::move(bytes)));
        if (!tensor) return Fail(std::move(tensor.error()).In("array '" + path + "'"));
        arrays.push_back({std::move(path), std::move(*tensor)});
    }
    if (status != ARCHIVE_EOF) return BadNpz(Reason(zip.get()));
    return arrays;
}

}  // namespace

core::Result<std::vector<Tensor>> ParseNpz(std::string_view body,
                                           std::span<const TensorSpec> inputs) {
    GYRE_ASSIGN(const std::vector<NamedTensor> arrays, ReadArrays(body));
    if (arrays.size() < inputs.size()) {
        return BadNpz("it holds " + std::to_string(arrays.size()) + " arrays; the model has " +
                      std::to_string(inputs.size()) + " inputs");
    }
    std::vector<Tensor> named;
    std::string missing;
    for (const TensorSpec& input : inputs) {
        const size_t before = named.size();
        for (const NamedTensor& array : arrays) {
            if (array.name == input.name) named.push_back(array.tensor);
        }
        if (named.size() == before) missing = input.name;
        if (named.size() > before + 1) return BadNpz("array '" + input.name + "' comes twice");
    }
    if (named.size() == inputs.size()) return named;
    if (!named.empty()) return BadNpz("array '" + missing + "' is missing");
    std::vector<Tensor> ordered;
    for (size_t i = 0; i < inputs.size(); ++i) ordered.push_back(arrays[i].tensor);
    return ordered;
}

}  // namespace gyre::engine
