#include "db/test_faulty_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "core/result.h"

namespace gyre::db {
namespace {

/// What undoes a write or a truncation.
struct Undo {
    sqlite3_int64 offset = 0;
    std::string before;  ///< the bytes that were there
    size_t written = 0;  ///< bytes; more than `before` has where the file grew
    sqlite3_int64 size = 0;
};

void Apply(const std::string& path, const Undo& undo, bool later_writes_stay) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return;  // removed since
    std::string bytes = undo.before;
    if (later_writes_stay) bytes.resize(std::max(bytes.size(), undo.written), '\0');
    GYRE_CHECK(::pwrite(file, bytes.data(), bytes.size(), undo.offset) ==
               static_cast<ssize_t>(bytes.size()));
    if (!later_writes_stay) GYRE_CHECK(::ftruncate(file, undo.size) == 0);
    ::close(file);
}

}  // namespace

struct FaultyDisk::State {
    mutable std::mutex mutex;
    sqlite3_vfs vfs{};
    sqlite3_vfs* real = nullptr;
    uint64_t calls = 0;
    Fault fault = Fault::kCrash;
    uint64_t fault_at = UINT64_MAX;
    bool crashed = false;
    std::map<std::string, std::vector<Undo>> unsynced;  ///< by path, in the order they were made

    enum class Kind { kWrite, kSync, kOther };
    /// Counts a call: whether it has the planned fault.
    bool Faulty(Kind kind) {
        const bool planned = calls++ == fault_at;
        if (!planned) return false;
        if (fault == Fault::kCrash) crashed = true;
        if (fault == Fault::kShortWrite || fault == Fault::kFull) return kind == Kind::kWrite;
        if (fault == Fault::kLostSync) return kind == Kind::kSync;
        return true;
    }
};

namespace {

using State = FaultyDisk::State;
using Kind = State::Kind;
using Fault = FaultyDisk::Fault;

/// An open file: SQLite's part, ours, and behind it the file of the system's VFS.
struct File {
    sqlite3_file base;
    State* disk;
    std::string* path;

    static File& Of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
    sqlite3_file* Real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

Undo Before(sqlite3_file* real, sqlite3_int64 offset, sqlite3_int64 length) {
    Undo undo;
    undo.offset = offset;
    undo.written = static_cast<size_t>(length);
    real->pMethods->xFileSize(real, &undo.size);
    undo.before.resize(
        static_cast<size_t>(std::clamp<sqlite3_int64>(undo.size - offset, 0, length)));
    if (!undo.before.empty()) {
        GYRE_CHECK(real->pMethods->xRead(real, undo.before.data(),
                                         static_cast<int>(undo.before.size()),
                                         offset) == SQLITE_OK);
    }
    return undo;
}

int Write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    File& ours = File::Of(file);
    const std::lock_guard lock(ours.disk->mutex);
    const bool faulty = ours.disk->Faulty(Kind::kWrite);
    if (ours.disk->crashed) return SQLITE_IOERR_WRITE;
    if (faulty && ours.disk->fault == Fault::kShortWrite) count /= 2;
    if (faulty && ours.disk->fault == Fault::kFull) return SQLITE_FULL;
    if (faulty && ours.disk->fault == Fault::kError) return SQLITE_IOERR_WRITE;
    ours.disk->unsynced[*ours.path].push_back(Before(ours.Real(), offset, count));
    const int written = ours.Real()->pMethods->xWrite(ours.Real(), bytes, count, offset);
    return faulty ? SQLITE_FULL : written;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    File& ours = File::Of(file);
    const std::lock_guard lock(ours.disk->mutex);
    if (ours.disk->Faulty(Kind::kOther) || ours.disk->crashed) return SQLITE_IOERR_TRUNCATE;
    sqlite3_int64 now = 0;
    ours.Real()->pMethods->xFileSize(ours.Real(), &now);
    ours.disk->unsynced[*ours.path].push_back(
        Before(ours.Real(), size, std::max<sqlite3_int64>(now - size, 0)));
    return ours.Real()->pMethods->xTruncate(ours.Real(), size);
}

int Sync(sqlite3_file* file, int flags) {
    File& ours = File::Of(file);
    const std::lock_guard lock(ours.disk->mutex);
    const bool faulty = ours.disk->Faulty(Kind::kSync);
    if (ours.disk->crashed) return SQLITE_IOERR_FSYNC;
    auto& undos = ours.disk->unsynced[*ours.path];
    if (faulty && ours.disk->fault == Fault::kLostSync) {
        for (auto undo = undos.rbegin(); undo != undos.rend(); ++undo) {
            Apply(*ours.path, *undo, false);
        }
        undos.clear();
    }
    if (faulty) return SQLITE_IOERR_FSYNC;
    undos.clear();
    return ours.Real()->pMethods->xSync(ours.Real(), flags);
}

int Close(sqlite3_file* file) {
    File& ours = File::Of(file);
    delete ours.path;
    return ours.Real()->pMethods->xClose(ours.Real());
}

// What changes nothing goes on as it is.
template <auto Method>
struct Forward;
template <typename... Arguments, int (*sqlite3_io_methods::*Method)(sqlite3_file*, Arguments...)>
struct Forward<Method> {
    static int Call(sqlite3_file* file, Arguments... arguments) {
        sqlite3_file* const real = File::Of(file).Real();
        return (real->pMethods->*Method)(real, arguments...);
    }
};

void Barrier(sqlite3_file* file) {
    sqlite3_file* const real = File::Of(file).Real();
    real->pMethods->xShmBarrier(real);
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = Close,
    .xRead = Forward<&sqlite3_io_methods::xRead>::Call,
    .xWrite = Write,
    .xTruncate = Truncate,
    .xSync = Sync,
    .xFileSize = Forward<&sqlite3_io_methods::xFileSize>::Call,
    .xLock = Forward<&sqlite3_io_methods::xLock>::Call,
    .xUnlock = Forward<&sqlite3_io_methods::xUnlock>::Call,
    .xCheckReservedLock = Forward<&sqlite3_io_methods::xCheckReservedLock>::Call,
    .xFileControl = Forward<&sqlite3_io_methods::xFileControl>::Call,
    .xSectorSize = Forward<&sqlite3_io_methods::xSectorSize>::Call,
    .xDeviceCharacteristics = Forward<&sqlite3_io_methods::xDeviceCharacteristics>::Call,
    .xShmMap = Forward<&sqlite3_io_methods::xShmMap>::Call,
    .xShmLock = Forward<&sqlite3_io_methods::xShmLock>::Call,
    .xShmBarrier = Barrier,
    .xShmUnmap = Forward<&sqlite3_io_methods::xShmUnmap>::Call,
};

State& Of(sqlite3_vfs* vfs) {
    return *static_cast<State*>(vfs->pAppData);
}

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    State& disk = Of(vfs);
    const std::lock_guard lock(disk.mutex);
    File& ours = File::Of(file);
    ours.base.pMethods = nullptr;
    if (disk.crashed) return SQLITE_CANTOPEN;
    const int opened = disk.real->xOpen(disk.real, name, ours.Real(), flags, out_flags);
    if (opened != SQLITE_OK) return opened;
    ours.disk = &disk;
    ours.path = new std::string(name == nullptr ? "" : name);
    ours.base.pMethods = &kMethods;
    return SQLITE_OK;
}

int Remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    State& disk = Of(vfs);
    const std::lock_guard lock(disk.mutex);
    if (disk.Faulty(Kind::kOther) || disk.crashed) return SQLITE_IOERR_DELETE;
    disk.unsynced.erase(name);
    return disk.real->xDelete(disk.real, name, sync_directory);
}

}  // namespace

FaultyDisk::FaultyDisk() : state_(std::make_unique<State>()) {
    State& disk = *state_;
    disk.real = sqlite3_vfs_find(nullptr);
    GYRE_CHECK(disk.real != nullptr);
    sqlite3_vfs& vfs = disk.vfs;
    vfs.iVersion = 1;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + disk.real->szOsFile;
    vfs.mxPathname = disk.real->mxPathname;
    vfs.zName = "gyre-faulty";
    vfs.pAppData = &disk;
    vfs.xOpen = Open;
    vfs.xDelete = Remove;
    vfs.xAccess = [](sqlite3_vfs* v, const char* name, int flags, int* out) {
        return Of(v).real->xAccess(Of(v).real, name, flags, out);
    };
    vfs.xFullPathname = [](sqlite3_vfs* v, const char* name, int count, char* out) {
        return Of(v).real->xFullPathname(Of(v).real, name, count, out);
    };
    vfs.xRandomness = [](sqlite3_vfs* v, int count, char* out) {
        return Of(v).real->xRandomness(Of(v).real, count, out);
    };
    vfs.xSleep = [](sqlite3_vfs* v, int us) { return Of(v).real->xSleep(Of(v).real, us); };
    vfs.xCurrentTime = [](sqlite3_vfs* v, double* out) {
        return Of(v).real->xCurrentTime(Of(v).real, out);
    };
    vfs.xGetLastError = [](sqlite3_vfs* v, int count, char* out) {
        return Of(v).real->xGetLastError(Of(v).real, count, out);
    };
    GYRE_CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

FaultyDisk::~FaultyDisk() {
    sqlite3_vfs_unregister(&state_->vfs);
    sqlite3_vfs_register(state_->real, 1);
}

void FaultyDisk::Plan(Fault fault, uint64_t n) {
    const std::lock_guard lock(state_->mutex);
    state_->fault = fault;
    state_->fault_at = state_->calls + n;
}

uint64_t FaultyDisk::Calls() const {
    const std::lock_guard lock(state_->mutex);
    return state_->calls;
}

void FaultyDisk::Restart(Unsynced unsynced) {
    const std::lock_guard lock(state_->mutex);
    state_->crashed = false;
    state_->fault_at = UINT64_MAX;
    for (const auto& [path, undos] : state_->unsynced) {
        const size_t kept = unsynced == Unsynced::kKept   ? undos.size()
                            : unsynced == Unsynced::kTorn ? undos.size() / 2
                                                          : 0;
        for (size_t i = undos.size(); i > kept; --i) {
            if (unsynced == Unsynced::kScattered && i % 2 == 0) continue;
            Apply(path, undos[i - 1], unsynced == Unsynced::kScattered);
        }
        std::filesystem::remove(path + "-shm");  // the memory of a machine that is off
    }
    state_->unsynced.clear();
}

}  // namespace gyre::db
