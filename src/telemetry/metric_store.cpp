#include "telemetry/metric_store.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "core/guarded.h"
#include "core/log.h"
#include "telemetry/detail/journal.h"
#include "telemetry/detail/levels.h"
#include "telemetry/detail/manifest.h"
#include "telemetry/detail/segment.h"

namespace gyre::telemetry {
namespace {

using core::Result;
using core::Status;
using detail::Cells;
using detail::FloorTo;
using detail::kLevels;
using detail::Segment;
using detail::SegmentName;
using detail::Table;

using Levels = std::array<Table, kLevels.size()>;
using SegmentPointer = std::shared_ptr<const Segment>;
using Partition = std::pair<size_t, int64_t>;  ///< level and first second

constexpr size_t kMaxFiles = 8;  // of a partition, before they are merged
constexpr uint64_t kMaxJournal = 64ULL << 20;

int64_t Seconds(core::WallTime time) {
    return std::chrono::floor<core::seconds>(time).time_since_epoch().count();
}

Partition PartitionOf(size_t level, int64_t bucket) {
    return {level, FloorTo(bucket, kLevels[level].partition)};
}

void Merge(Levels& into, const Levels& from) {
    for (size_t level = 0; level < kLevels.size(); ++level) {
        for (const auto& [key, cells] : from[level]) {
            Cells& target = into[level][key];
            for (const auto& [bucket, value] : cells) detail::MergeCell(target, bucket, value);
        }
    }
}

size_t CountCells(const Levels& levels) {
    size_t count = 0;
    for (const Table& table : levels) {
        for (const auto& [key, cells] : table) count += cells.size();
    }
    return count;
}

}  // namespace

struct MetricStore::Impl {
    struct State {
        Levels memory;
        size_t cells = 0;
        core::WallTime oldest{};  ///< when the first of them came
        std::shared_ptr<const Levels> flushing;
        std::vector<SegmentPointer> segments;
        std::map<std::string, int64_t, std::less<>> known;  ///< key: last bucket
        std::shared_ptr<detail::Journal> journal;
    };

    Impl(core::FileSystem& file_system, std::filesystem::path path, const core::Clock& a_clock,
         MetricStoreOptions limits)
        : files(file_system), directory(std::move(path)), clock(a_clock), options(limits) {}

    Status Load();
    Status Replay(uint64_t first_journal);
    Status Put(const std::vector<Sample>& samples);
    Status Flush();
    Status RollUp();
    Status MergeSmall();
    Status HoldSize();
    Result<std::vector<SegmentPointer>> WriteTables(std::map<Partition, Table> tables);
    /// The state's files without `gone` and with `added`, durably; then takes `gone` away.
    Status Exchange(const std::vector<SegmentPointer>& gone, std::vector<SegmentPointer> added);
    Status MoveTo(const std::vector<SegmentPointer>& sources, size_t level);
    std::map<Partition, std::vector<SegmentPointer>> ByPartition();
    void NoteKnown(State& locked, const Levels& levels);
    int64_t Now() const { return Seconds(clock.WallNow()); }

    core::FileSystem& files;
    const std::filesystem::path directory;
    const core::Clock& clock;
    const MetricStoreOptions options;
    core::Guarded<State> state;
    std::mutex changing_files;  ///< held by Flush and Maintain; what follows belongs to its holder
    uint64_t next_number = 1;
    uint64_t journal_number = 0;
    detail::Manifest manifest;
};

void MetricStore::Impl::NoteKnown(State& locked, const Levels& levels) {
    for (const Table& table : levels) {
        for (const auto& [key, cells] : table) {
            int64_t& last = locked.known[key];
            if (!cells.empty()) last = std::max(last, cells.rbegin()->first);
        }
    }
}

Status MetricStore::Impl::Load() {
    GYRE_TRY(files.MakeDirectories(directory));
    GYRE_ASSIGN(manifest, detail::ReadManifest(files, directory));
    GYRE_ASSIGN(const auto names, files.List(directory));
    auto locked = state.Lock();
    for (const std::string& name : names) {
        const auto segment = SegmentName::Parse(name);
        if (!segment) continue;
        next_number = std::max(next_number, segment->number + 1);
        // What a crash left behind before the manifest named it, or after it named it no more.
        if (!manifest.segments.contains(name)) {
            GYRE_TRY(files.Remove(directory / name));
            continue;
        }
        auto opened = Segment::Open(files, directory, *segment);
        if (!opened) {
            if (opened.error().code != core::Code::kDataLoss) return core::Fail(opened.error());
            core::LogError("metrics of some time are lost", {{"error", opened.error().ToString()}});
            GYRE_TRY(files.Rename(directory / name, directory / (name + ".damaged")));
            manifest.segments.erase(name);
            continue;
        }
        for (const Segment::Entry& entry : (*opened)->Entries()) {
            int64_t& last = locked->known[entry.key];
            last = std::max(last, entry.last);
        }
        locked->segments.push_back(std::move(*opened));
    }
    return {};
}

Status MetricStore::Impl::Replay(uint64_t first_journal) {
    GYRE_ASSIGN(const auto names, files.List(directory));
    journal_number = std::max<uint64_t>(first_journal, 1) - 1;
    for (const std::string& name : names) {
        const auto number = detail::JournalNumber(name);
        if (!number) continue;
        if (*number < first_journal) {
            GYRE_TRY(files.Remove(directory / name));
            continue;
        }
        journal_number = std::max(journal_number, *number);
        GYRE_ASSIGN(const std::string bytes, core::ReadFile(files, directory / name));
        auto locked = state.Lock();
        for (const detail::JournalCell& cell : detail::DecodeJournal(bytes)) {
            std::string_view in = cell.statistic;
            Statistic value;
            if (!value.Decode(in)) continue;
            detail::MergeCell(locked->memory[cell.level][cell.key], cell.bucket, value);
        }
        NoteKnown(*locked, locked->memory);
        locked->cells = CountCells(locked->memory);
        locked->oldest = clock.WallNow();
    }
    GYRE_ASSIGN(std::shared_ptr<detail::Journal> journal,
                detail::Journal::Create(files, directory, ++journal_number));
    state.Lock()->journal = std::move(journal);
    return {};
}

Status MetricStore::Impl::Put(const std::vector<Sample>& samples) {
    const int64_t now = Now();
    Levels levels;
    for (const Sample& sample : samples) {
        const int64_t second = Seconds(sample.time);
        // The finest level that would still keep it.
        size_t level = sample.fine ? 0 : 1;
        while (level + 1 < kLevels.size() && second + kLevels[level].keep <= now) ++level;
        const int64_t bucket = FloorTo(second, kLevels[level].step);
        detail::MergeCell(levels[level][sample.series.Key()], bucket, sample.value);
    }
    std::vector<detail::JournalCell> cells;
    for (size_t level = 0; level < kLevels.size(); ++level) {
        for (const auto& [key, buckets] : levels[level]) {
            for (const auto& [bucket, value] : buckets) {
                detail::JournalCell& cell = cells.emplace_back();
                cell.key = key;
                cell.level = level;
                cell.bucket = bucket;
                value.Encode(cell.statistic);
            }
        }
    }
    if (cells.empty()) return {};
    const std::string record = detail::EncodeRecord(cells);
    std::shared_ptr<detail::Journal> journal;
    {
        auto locked = state.Lock();
        size_t fresh = 0;
        for (const Table& table : levels) {
            for (const auto& [key, buckets] : table) fresh += locked->known.contains(key) ? 0 : 1;
        }
        if (locked->known.size() + fresh > options.max_series) {
            return core::Fail(core::Code::kResourceExhausted, "LimitExceededException",
                              "at most " + std::to_string(options.max_series) +
                                  " metrics are kept; fewer dimensions make fewer of them");
        }
        journal = locked->journal;
        GYRE_TRY(journal->Append(record));
        if (locked->cells == 0) locked->oldest = clock.WallNow();
        Merge(locked->memory, levels);
        locked->cells += cells.size();
        NoteKnown(*locked, levels);
    }
    return journal->Sync();
}

Result<std::vector<SegmentPointer>> MetricStore::Impl::WriteTables(
    std::map<Partition, Table> tables) {
    std::vector<SegmentPointer> written;
    for (const auto& [partition, table] : tables) {
        const SegmentName name{partition.first, partition.second, next_number++};
        GYRE_TRY(Segment::Write(files, directory, name, table));
        GYRE_ASSIGN(auto segment, Segment::Open(files, directory, name));
        written.push_back(std::move(segment));
    }
    return written;
}

Status MetricStore::Impl::Exchange(const std::vector<SegmentPointer>& gone,
                                   std::vector<SegmentPointer> added) {
    detail::Manifest next = manifest;
    for (const auto& segment : gone) next.segments.erase(segment->Name().Text());
    for (const auto& segment : added) next.segments.insert(segment->Name().Text());
    GYRE_TRY(detail::WriteManifest(files, directory, next));
    manifest = std::move(next);
    {
        auto locked = state.Lock();
        std::erase_if(locked->segments, [&](const SegmentPointer& segment) {
            return std::find(gone.begin(), gone.end(), segment) != gone.end();
        });
        for (auto& segment : added) locked->segments.push_back(std::move(segment));
    }
    for (const auto& segment : gone) GYRE_TRY(files.Remove(directory / segment->Name().Text()));
    return {};
}

Status MetricStore::Impl::Flush() {
    if (state.Lock()->cells == 0) return {};
    GYRE_ASSIGN(std::shared_ptr<detail::Journal> journal,
                detail::Journal::Create(files, directory, journal_number + 1));
    ++journal_number;
    std::shared_ptr<const Levels> flushing;
    {
        auto locked = state.Lock();
        locked->flushing = flushing = std::make_shared<const Levels>(std::move(locked->memory));
        locked->memory = {};
        locked->cells = 0;
        locked->journal = std::move(journal);
    }
    const auto write = [&]() -> Status {
        std::map<Partition, Table> tables;
        for (size_t level = 0; level < kLevels.size(); ++level) {
            for (const auto& [key, cells] : (*flushing)[level]) {
                for (const auto& [bucket, value] : cells) {
                    tables[PartitionOf(level, bucket)][key][bucket] = value;
                }
            }
        }
        GYRE_ASSIGN(auto written, WriteTables(std::move(tables)));
        detail::Manifest next = manifest;
        next.first_journal = journal_number;
        for (const auto& segment : written) next.segments.insert(segment->Name().Text());
        GYRE_TRY(detail::WriteManifest(files, directory, next));
        manifest = std::move(next);
        auto locked = state.Lock();
        for (auto& segment : written) locked->segments.push_back(std::move(segment));
        locked->flushing = nullptr;
        return {};
    };
    if (auto written = write(); !written) {
        // The old journal still has them; they stay in memory for the next try.
        auto locked = state.Lock();
        locked->flushing = nullptr;
        if (locked->cells == 0) locked->oldest = clock.WallNow();
        Merge(locked->memory, *flushing);
        locked->cells = CountCells(locked->memory);
        return written;
    }
    GYRE_ASSIGN(const auto names, files.List(directory));
    for (const std::string& name : names) {
        const auto number = detail::JournalNumber(name);
        if (number && *number < journal_number) GYRE_TRY(files.Remove(directory / name));
    }
    return {};
}

std::map<Partition, std::vector<SegmentPointer>> MetricStore::Impl::ByPartition() {
    std::map<Partition, std::vector<SegmentPointer>> partitions;
    auto locked = state.Lock();
    for (const auto& segment : locked->segments) {
        partitions[{segment->Name().level, segment->Name().partition}].push_back(segment);
    }
    return partitions;
}

Status MetricStore::Impl::MoveTo(const std::vector<SegmentPointer>& sources, size_t level) {
    std::map<Partition, Table> tables;
    for (const auto& source : sources) {
        for (const Segment::Entry& entry : source->Entries()) {
            GYRE_ASSIGN(const Cells cells, source->Read(entry.key));
            for (const auto& [second, value] : cells) {
                const int64_t bucket = FloorTo(second, kLevels[level].step);
                detail::MergeCell(tables[PartitionOf(level, bucket)][entry.key], bucket, value);
            }
        }
    }
    GYRE_ASSIGN(auto written, WriteTables(std::move(tables)));
    return Exchange(sources, std::move(written));
}

Status MetricStore::Impl::RollUp() {
    const int64_t now = Now();
    for (const auto& [partition, segments] : ByPartition()) {
        const auto [level, begin] = partition;
        if (begin + kLevels[level].partition + kLevels[level].keep > now) continue;
        if (level + 1 < kLevels.size()) {
            GYRE_TRY(MoveTo(segments, level + 1));
        } else {
            GYRE_TRY(Exchange(segments, {}));
        }
    }
    return {};
}

Status MetricStore::Impl::MergeSmall() {
    for (const auto& [partition, segments] : ByPartition()) {
        if (segments.size() > kMaxFiles) GYRE_TRY(MoveTo(segments, partition.first));
    }
    return {};
}

Status MetricStore::Impl::HoldSize() {
    while (true) {
        uint64_t bytes = 0;
        // By the end of what they hold: the oldest data goes first, whatever its level.
        std::map<int64_t, std::vector<SegmentPointer>> by_end;
        for (const auto& [partition, segments] : ByPartition()) {
            auto& list = by_end[partition.second + kLevels[partition.first].partition];
            for (const auto& segment : segments) {
                bytes += segment->Bytes();
                list.push_back(segment);
            }
        }
        if (bytes <= options.max_bytes || by_end.size() <= 1) break;
        core::LogWarning("the oldest metrics are dropped: the store is full",
                         {{"bytes", std::to_string(bytes)}});
        GYRE_TRY(Exchange(by_end.begin()->second, {}));
    }
    // Series of which nothing is left make room for others.
    auto locked = state.Lock();
    std::map<std::string, int64_t, std::less<>> known;
    for (const auto& segment : locked->segments) {
        for (const Segment::Entry& entry : segment->Entries()) {
            int64_t& last = known[entry.key];
            last = std::max(last, entry.last);
        }
    }
    locked->known = std::move(known);
    NoteKnown(*locked, locked->memory);
    return {};
}

MetricStore::MetricStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}

MetricStore::~MetricStore() = default;

Result<std::unique_ptr<MetricStore>> MetricStore::Open(core::FileSystem& files,
                                                       std::filesystem::path directory,
                                                       const core::Clock& clock,
                                                       MetricStoreOptions options) {
    auto impl = std::make_unique<Impl>(files, std::move(directory), clock, options);
    GYRE_TRY(impl->Load());
    GYRE_TRY(impl->Replay(impl->manifest.first_journal));
    GYRE_TRY(impl->Flush());
    return std::unique_ptr<MetricStore>(new MetricStore(std::move(impl)));
}

Status MetricStore::Put(const std::vector<Sample>& samples) {
    return impl_->Put(samples);
}

Status MetricStore::Flush() {
    const std::lock_guard turn(impl_->changing_files);
    return impl_->Flush();
}

Status MetricStore::Maintain() {
    const std::lock_guard turn(impl_->changing_files);
    bool due = false;
    {
        auto locked = impl_->state.Lock();
        due = locked->cells > impl_->options.flush_cells ||
              locked->journal->Bytes() > kMaxJournal ||
              (locked->cells > 0 &&
               locked->oldest + impl_->options.flush_after <= impl_->clock.WallNow());
    }
    if (!due) return {};
    GYRE_TRY(impl_->Flush());
    GYRE_TRY(impl_->RollUp());
    GYRE_TRY(impl_->MergeSmall());
    return impl_->HoldSize();
}

Result<std::map<int64_t, Statistic>> MetricStore::Query(const Series& series,
                                                        const Span& span) const {
    const std::string key = series.Key();
    std::map<int64_t, Statistic> periods;
    const auto take = [&](const Cells& cells) {
        for (auto at = cells.lower_bound(span.start); at != cells.end() && at->first < span.end;
             ++at) {
            const int64_t past = at->first - span.start;
            periods[span.start + past / span.period * span.period].Merge(at->second);
        }
    };
    const auto take_levels = [&](const Levels& levels) {
        for (const Table& table : levels) {
            if (const auto found = table.find(key); found != table.end()) take(found->second);
        }
    };
    std::vector<SegmentPointer> segments;
    {
        auto locked = impl_->state.Lock();
        take_levels(locked->memory);
        if (locked->flushing) take_levels(*locked->flushing);
        segments = locked->segments;
    }
    for (const auto& segment : segments) {
        const SegmentName& name = segment->Name();
        if (name.partition >= span.end) continue;
        if (name.partition + kLevels[name.level].partition <= span.start) continue;
        GYRE_ASSIGN(const Cells cells, segment->Read(key));
        take(cells);
    }
    return periods;
}

std::vector<Series> MetricStore::UnitsOf(const Series& series) const {
    const std::string prefix = series.KeyPrefix();
    std::vector<Series> found;
    auto locked = impl_->state.Lock();
    for (auto at = locked->known.lower_bound(prefix);
         at != locked->known.end() && at->first.starts_with(prefix); ++at) {
        found.push_back(Series::OfKey(at->first));
    }
    return found;
}

std::vector<MetricStore::Known> MetricStore::List(const std::string& name_space,
                                                  int64_t since) const {
    std::vector<Known> list;
    auto locked = impl_->state.Lock();
    for (auto at = locked->known.lower_bound(name_space); at != locked->known.end(); ++at) {
        if (!at->first.starts_with(name_space)) break;
        if (at->second < since) continue;
        Series series = Series::OfKey(at->first);
        if (!name_space.empty() && series.name_space != name_space) continue;
        list.push_back({std::move(series), at->second});
    }
    return list;
}

}  // namespace gyre::telemetry
