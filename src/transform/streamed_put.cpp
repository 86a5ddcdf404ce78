#include "transform/streamed_put.h"

#include <algorithm>

#include "core/file_system.h"
#include "core/worker_pool.h"

namespace gyre::transform {

/// Reads what there is, and waits for what is to come.
class StreamedPut::Follower final : public net::BodyReader {
  public:
    Follower(std::unique_ptr<core::ReadableFile> file,
             std::shared_ptr<core::Guarded<StreamedPut::File>> grown)
        : file_(std::move(file)), grown_(std::move(grown)) {}

    core::Result<size_t> Read(std::span<char> into) override {
        uint64_t size = 0;
        {
            auto grown = grown_->Lock();
            grown.Wait([&] { return grown->size > at_ || grown->whole || grown->abandoned; });
            if (grown->abandoned) return core::Fail(core::Code::kCancelled, "the output is no use");
            size = grown->size;
        }
        const auto there = static_cast<size_t>(std::min<uint64_t>(into.size(), size - at_));
        if (there == 0) return size_t{0};
        GYRE_ASSIGN(const size_t read, file_->ReadAt(at_, into.first(there)));
        if (read == 0) return core::Fail(core::Code::kDataLoss, "a job's spool was cut");
        at_ += read;
        return read;
    }
    std::optional<uint64_t> Length() const override { return std::nullopt; }

  private:
    const std::unique_ptr<core::ReadableFile> file_;
    const std::shared_ptr<core::Guarded<StreamedPut::File>> grown_;
    uint64_t at_ = 0;
};

StreamedPut::StreamedPut(objects::ObjectStore& store, const objects::S3Uri& output,
                         std::string content_type, std::filesystem::path file)
    : grown_(std::make_shared<core::Guarded<File>>()) {
    put_ = std::async(std::launch::async,
                      [&store, output, type = std::move(content_type), path = std::move(file),
                       grown = grown_]() -> core::Result<objects::ObjectInfo> {
                          core::SetThreadName("transform-put");
                          GYRE_ASSIGN(auto opened, core::RealFileSystem().Open(path));
                          Follower body(std::move(opened), grown);
                          return store.Put(output.bucket, output.key, body, type);
                      });
}

StreamedPut::~StreamedPut() {
    grown_->Lock()->abandoned = true;
    grown_->NotifyAll();
    if (put_.valid()) put_.wait();
}

void StreamedPut::Grew(uint64_t size) {
    grown_->Lock()->size = size;
    grown_->NotifyAll();
}

core::Result<objects::ObjectInfo> StreamedPut::Finish() {
    grown_->Lock()->whole = true;
    grown_->NotifyAll();
    return put_.get();
}

}  // namespace gyre::transform
