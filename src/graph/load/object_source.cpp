#include "graph/load/object_source.h"

#include <utility>

#include "core/bzip2.h"
#include "core/gzip.h"

namespace gyre::graph::load {
namespace {

constexpr size_t kPiece = 256 * 1024;

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

/// What `Stream` (core/gzip.h) makes of a source.
template <typename Stream>
class Inflated final : public ByteSource {
  public:
    explicit Inflated(std::unique_ptr<ByteSource> packed)
        : packed_(std::move(packed)), piece_(kPiece, '\0') {}
    core::Result<bool> More(std::string& into) override {
        while (true) {
            GYRE_ASSIGN(const size_t got, stream_.Inflate(rest_, piece_));
            into.append(piece_.data(), got);
            if (got > 0) return true;
            read_.clear();
            GYRE_ASSIGN(const bool more, packed_->More(read_));
            rest_ = read_;
            if (more || !read_.empty()) continue;
            if (stream_.AtEnd()) return false;
            return core::Fail(core::Code::kInvalidArgument, "what is compressed is cut off");
        }
    }

  private:
    const std::unique_ptr<ByteSource> packed_;
    Stream stream_;
    std::string piece_, read_;
    std::string_view rest_;  ///< of read_
};

}  // namespace

std::unique_ptr<ByteSource> Unpacked(std::unique_ptr<ByteSource> packed, std::string_view name) {
    if (name.ends_with(".gz")) {
        return std::make_unique<Inflated<core::GunzipStream>>(std::move(packed));
    }
    if (name.ends_with(".bz2")) {
        return std::make_unique<Inflated<core::BunzipStream>>(std::move(packed));
    }
    return packed;
}

core::Result<std::unique_ptr<ByteSource>> OpenObject(objects::ObjectStore& objects,
                                                     const std::string& bucket,
                                                     const std::string& key) {
    GYRE_ASSIGN(objects::ObjectData data, objects.Get(bucket, key));
    return Unpacked(std::make_unique<Streamed>(std::move(data)), key);
}

}  // namespace gyre::graph::load
