#include "graph/load/object_source.h"

#include <utility>

#include "core/gzip.h"

namespace gyre::graph::load {
namespace {

constexpr size_t kPiece = 256 * 1024;
constexpr size_t kMaxUnpacked = size_t{4} << 30;

class Streamed final : public ByteSource {
  public:
    explicit Streamed(objects::ObjectData data) : data_(std::move(data)), piece_(kPiece, '\0') {}
    core::Result<bool> More(std::string& into) override {
        GYRE_ASSIGN(const size_t got, data_.body->Read(piece_));
        into.append(piece_.data(), got);
        return got > 0;
    }

  private:
    objects::ObjectData data_;
    std::string piece_;
};

class Whole final : public ByteSource {
  public:
    explicit Whole(std::string text) : text_(std::move(text)) {}
    core::Result<bool> More(std::string& into) override {
        const bool any = !text_.empty();
        if (into.empty())
            into = std::exchange(text_, {});
        else
            into += std::exchange(text_, {});
        return any;
    }

  private:
    std::string text_;
};

}  // namespace

core::Result<std::unique_ptr<ByteSource>> OpenObject(objects::ObjectStore& objects,
                                                     const std::string& bucket,
                                                     const std::string& key) {
    GYRE_ASSIGN(objects::ObjectData data, objects.Get(bucket, key));
    auto stream = std::make_unique<Streamed>(std::move(data));
    if (!key.ends_with(".gz")) return stream;
    std::string packed;
    while (true) {
        GYRE_ASSIGN(const bool more, stream->More(packed));
        if (!more) break;
    }
    GYRE_ASSIGN(std::string text, core::Gunzip(packed, kMaxUnpacked));
    return std::make_unique<Whole>(std::move(text));
}

}  // namespace gyre::graph::load
