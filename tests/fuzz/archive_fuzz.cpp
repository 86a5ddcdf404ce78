// No archive writes outside of its directory, leaves a link that leads out, or passes its limits.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "core/archive.h"
#include "core/temp_dir.h"

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const int descriptor = memfd_create("archive", MFD_CLOEXEC);
    if (descriptor < 0 || write(descriptor, data, size) != static_cast<ssize_t>(size)) abort();
    lseek(descriptor, 0, SEEK_SET);
    const gyre::core::TempDir folder;
    const fs::path to = folder.Path() / "to";
    const bool unpacked = static_cast<bool>(gyre::core::UnpackArchive(
        descriptor, to, {.max_bytes = 1 << 20, .max_files = 64, .ratio_free_bytes = 1 << 16}));
    close(descriptor);

    if (std::distance(fs::directory_iterator(folder.Path()), {}) > 1) abort();
    uint64_t bytes = 0;
    uint64_t entries = 0;
    for (const auto& entry : fs::recursive_directory_iterator(to)) {
        ++entries;
        if (entry.is_symlink()) {
            std::error_code error;
            const std::string end = fs::weakly_canonical(entry.path(), error).string();
            if (!error && !end.starts_with(fs::canonical(to).string())) abort();
        } else if (entry.is_regular_file() && entry.hard_link_count() == 1) {
            bytes += entry.file_size();
        }
    }
    if (bytes > 1 << 20 || entries > 64 || (!unpacked && entries > 0)) abort();
    return 0;
}
