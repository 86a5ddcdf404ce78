#include "core/disk_reserve.h"

#include <algorithm>
#include <string>

#include "core/log.h"

namespace gyre::core {
namespace {

constexpr uint64_t kPiece = uint64_t{1} << 20;
/// What a start writes before it can serve.
constexpr uint64_t kRoomToStart = uint64_t{4} << 20;
constexpr milliseconds kBetweenTries{1000};

}  // namespace

Result<std::unique_ptr<DiskReserve>> DiskReserve::Open(FileSystem& files,
                                                       std::filesystem::path path, uint64_t bytes,
                                                       const Clock& clock) {
    std::unique_ptr<DiskReserve> reserve(new DiskReserve(files, std::move(path), bytes, clock));
    const auto present = files.Stat(reserve->path_);
    if (!present && present.error().code != Code::kNotFound) return Fail(present.error());
    reserve->state_.Lock()->held = present && present->size == bytes;
    std::filesystem::path probe = reserve->path_;
    probe += ".probe";
    const Status room = reserve->Take(probe, kRoomToStart);
    (void)files.Remove(probe);
    if (!room) {
        LogWarning("the disk is full: the reserve is given back until there is room again",
                   {{"path", reserve->path_.string()}});
        reserve->Release();
    } else {
        (void)reserve->Restore();
    }
    return reserve;
}

Status DiskReserve::Take(const std::filesystem::path& path, uint64_t bytes) {
    GYRE_ASSIGN(const auto file, files_.Create(path));
    const std::string zeros(std::min(bytes, kPiece), '\0');
    for (uint64_t done = 0; done < bytes; done += zeros.size()) {
        GYRE_TRY(file->Append(std::string_view(zeros).substr(0, std::min(kPiece, bytes - done))));
    }
    return file->Sync();
}

bool DiskReserve::Release() {
    auto state = state_.Lock();
    state->next_try = clock_.Now() + kBetweenTries;
    if (!state->held) return false;
    const Status removed = files_.Remove(path_);
    if (!removed && removed.error().code != Code::kNotFound) return false;
    state->held = false;
    return true;
}

bool DiskReserve::Restore() {
    auto state = state_.Lock();
    if (state->held) return true;
    if (clock_.Now() < state->next_try) return false;
    state->next_try = clock_.Now() + kBetweenTries;
    if (const Status taken = Take(path_, bytes_); !taken) {
        (void)files_.Remove(path_);
        return false;
    }
    state->held = true;
    return true;
}

}  // namespace gyre::core
