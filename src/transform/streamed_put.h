#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include "core/guarded.h"
#include "core/result.h"
#include "objects/object_store.h"

namespace gyre::transform {

/// The put of an output that is still being written into a file: it follows the file as it grows,
/// so that the store's work goes on beside the model's. The object becomes visible in Finish, or
/// never. Constructed means begun; one thread uses it; the destructor abandons it and waits.
class StreamedPut {
  public:
    /// `store` outlives it; `file` is there.
    StreamedPut(objects::ObjectStore& store, const objects::S3Uri& output, std::string content_type,
                std::filesystem::path file);
    ~StreamedPut();
    StreamedPut(const StreamedPut&) = delete;
    StreamedPut& operator=(const StreamedPut&) = delete;

    /// The file has so many bytes now.
    void Grew(uint64_t size);
    /// It has all of them: waits until the object is there.
    [[nodiscard]] core::Result<objects::ObjectInfo> Finish();

  private:
    struct File {
        uint64_t size = 0;
        bool whole = false;
        bool abandoned = false;
    };
    class Follower;

    std::shared_ptr<core::Guarded<File>> grown_;
    std::future<core::Result<objects::ObjectInfo>> put_;
};

}  // namespace gyre::transform
