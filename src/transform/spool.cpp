#include "transform/spool.h"

#include <algorithm>

namespace gyre::transform {
namespace {

constexpr size_t kMostInMemory = 1 << 20;

class TextReader final : public net::BodyReader {
  public:
    explicit TextReader(std::string_view text) : text_(text) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const size_t size = text_.copy(into.data(), into.size(), at_);
        at_ += size;
        return size;
    }
    std::optional<uint64_t> Length() const override { return text_.size(); }

  private:
    const std::string_view text_;
    size_t at_ = 0;
};

class FileReader final : public net::BodyReader {
  public:
    FileReader(std::unique_ptr<core::ReadableFile> file, uint64_t size)
        : file_(std::move(file)), size_(size) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const auto left = static_cast<size_t>(std::min<uint64_t>(into.size(), size_ - at_));
        if (left == 0) return size_t{0};
        GYRE_ASSIGN(const size_t read, file_->ReadAt(at_, into.first(left)));
        if (read == 0) return core::Fail(core::Code::kDataLoss, "a job's spool was cut");
        at_ += read;
        return read;
    }
    std::optional<uint64_t> Length() const override { return size_; }

  private:
    const std::unique_ptr<core::ReadableFile> file_;
    const uint64_t size_;
    uint64_t at_ = 0;
};

}  // namespace

core::Status Spool::Resume(uint64_t size) {
    if (size == 0) return {};
    GYRE_ASSIGN(const core::FileInfo info, core::RealFileSystem().Stat(path_));
    if (info.size < size) {
        return core::Fail(core::Code::kNotFound, path_.string() + " is shorter than it was");
    }
    std::error_code error;
    std::filesystem::resize_file(path_, size, error);
    if (error) return core::Fail(core::ErrnoError("cut " + path_.string(), error.value()));
    GYRE_TRY(OpenFile());
    size_ = size;
    return {};
}

// Goes on with what is in it.
core::Status Spool::OpenFile() {
    if (store_ != nullptr) {
        GYRE_ASSIGN(auto draft, store_->OpenDraft(path_));
        draft_ = draft.get();
        file_ = std::move(draft);
    }
    if (file_ == nullptr) {
        GYRE_ASSIGN(file_, core::RealFileSystem().OpenAppend(path_));
    }
    return {};
}

core::Status Spool::Append(std::string_view bytes) {
    size_ += bytes.size();
    // What is large goes by the buffer.
    if (buffer_.empty() && bytes.size() >= kMostInMemory && file_ != nullptr) {
        return file_->Append(bytes);
    }
    buffer_.append(bytes);
    return buffer_.size() < kMostInMemory ? core::Status() : FlushToFile();
}

core::Status Spool::FlushToFile() {
    if (buffer_.empty()) return {};
    if (file_ == nullptr) {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);  // of an earlier run, and no use
        GYRE_TRY(OpenFile());
    }
    GYRE_TRY(file_->Append(buffer_));
    buffer_.clear();
    return {};
}

core::Status Spool::Flush() {
    return file_ == nullptr ? core::Status() : FlushToFile();
}

core::Status Spool::Sync() {
    GYRE_TRY(FlushToFile());
    return file_ == nullptr ? core::Status() : file_->Sync();
}

core::Result<std::unique_ptr<net::BodyReader>> Spool::Read() {
    if (file_ == nullptr) return std::make_unique<TextReader>(buffer_);
    GYRE_TRY(Flush());
    GYRE_ASSIGN(auto file, core::RealFileSystem().Open(path_));
    return std::make_unique<FileReader>(std::move(file), size_);
}

void Spool::Discard() {
    buffer_.clear();
    size_ = 0;
    draft_ = nullptr;
    file_ = nullptr;
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

}  // namespace gyre::transform
