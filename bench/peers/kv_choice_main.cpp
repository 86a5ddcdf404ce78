// What chose the key-value store under the graph (docs/formats/graph_store.md): the same small load
// on RocksDB and on LMDB. Usage: kv_choice FOLDER [EDGES]. Not part of a build by default.
#include <lmdb.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kWriters = 16;
constexpr int kTransactions = 4000;
constexpr int kReads = 200'000;

double Seconds(const std::function<void()>& work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

void Append(std::string& key, uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) key.push_back(static_cast<char>(number >> (8 * i)));
}

/// (vertex, direction, label, neighbour, edge), as the graph keeps it.
std::string Adjacency(uint64_t vertex, int direction, uint64_t neighbour, uint64_t edge) {
    std::string key = "a";
    Append(key, vertex, 5);
    key.push_back(static_cast<char>(direction));
    Append(key, 7, 2);
    Append(key, neighbour, 5);
    Append(key, edge, 5);
    return key;
}

struct Load {
    uint64_t vertices;
    std::vector<std::pair<uint64_t, uint64_t>> edges;
};

Load MakeLoad(size_t edges) {
    Load load{edges / 20, {}};
    std::mt19937_64 random(7);
    for (size_t i = 0; i < edges; ++i) {
        const double skew = std::pow(std::generate_canonical<double, 53>(random), 3);
        load.edges.emplace_back(random() % load.vertices,
                                static_cast<uint64_t>(skew * static_cast<double>(load.vertices)));
    }
    return load;
}

uint64_t SizeOf(const std::filesystem::path& folder) {
    uint64_t bytes = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (file.is_regular_file()) bytes += file.file_size();
    }
    return bytes;
}

void Report(const char* name, const Load& load, double seconds, uint64_t bytes, double hop,
            size_t met, double point, double durable) {
    std::printf(
        "%-8s load %.2f s (%.0f edges/s), %.1f bytes/edge, hop %.2f us (%.1f edges), point "
        "%.2f us, %.0f durable transactions/s\n",
        name, seconds, static_cast<double>(load.edges.size()) / seconds,
        static_cast<double>(bytes) / static_cast<double>(load.edges.size()), hop / kReads * 1e6,
        static_cast<double>(met) / kReads, point / kReads * 1e6, durable);
}

void Rocks(const std::filesystem::path& folder, const Load& load) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kLZ4Compression;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(size_t{512} << 20);
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* db = nullptr;
    if (!rocksdb::DB::Open(options, folder.string(), &db).ok()) std::abort();
    const double loaded = Seconds([&] {
        rocksdb::WriteBatch batch;
        rocksdb::WriteOptions quick;
        quick.disableWAL = true;
        for (size_t i = 0; i < load.edges.size(); ++i) {
            const auto [from, to] = load.edges[i];
            batch.Put(Adjacency(from, 0, to, i), "");
            batch.Put(Adjacency(to, 1, from, i), "");
            if (batch.Count() > 10'000) {
                db->Write(quick, &batch);
                batch.Clear();
            }
        }
        db->Write(quick, &batch);
        db->CompactRange({}, nullptr, nullptr);
    });
    const uint64_t bytes = SizeOf(folder);
    std::mt19937_64 random(3);
    size_t met = 0;
    const double hop = Seconds([&] {
        for (int i = 0; i < kReads; ++i) {
            const std::string prefix = Adjacency(random() % load.vertices, 0, 0, 0).substr(0, 9);
            const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
            for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) ++met;
        }
    });
    const double point = Seconds([&] {
        std::string value;
        for (int i = 0; i < kReads; ++i) {
            const size_t at = random() % load.edges.size();
            if (!db->Get({}, Adjacency(load.edges[at].first, 0, load.edges[at].second, at), &value)
                     .ok()) {
                std::abort();
            }
        }
    });
    const double durable = Seconds([&] {
        std::vector<std::jthread> writers;
        for (int w = 0; w < kWriters; ++w) {
            writers.emplace_back([&, w] {
                rocksdb::WriteOptions sync;
                sync.sync = true;
                for (uint64_t i = 0; i < kTransactions; ++i) {
                    const uint64_t edge = (uint64_t(w) << 32) + i;
                    rocksdb::WriteBatch batch;
                    batch.Put(Adjacency(edge * 31 % load.vertices, 0, i, edge), "");
                    batch.Put(Adjacency(i, 1, edge * 31 % load.vertices, edge), "");
                    db->Write(sync, &batch);
                }
            });
        }
    });
    Report("RocksDB", load, loaded, bytes, hop, met, point, kWriters * kTransactions / durable);
    delete db;
}

void Check(int code) {
    if (code == 0) return;
    std::fprintf(stderr, "lmdb: %s\n", mdb_strerror(code));
    std::abort();
}

MDB_val Slice(const std::string& text) {
    return {text.size(), const_cast<char*>(text.data())};
}

void Lmdb(const std::filesystem::path& folder, const Load& load) {
    MDB_env* env = nullptr;
    Check(mdb_env_create(&env));
    Check(mdb_env_set_mapsize(env, size_t{16} << 30));
    Check(mdb_env_open(env, folder.c_str(), MDB_NORDAHEAD, 0600));
    MDB_txn* txn = nullptr;
    MDB_dbi dbi = 0;
    MDB_val nothing{0, nullptr};
    const auto put = [&](const std::string& key) {
        MDB_val k = Slice(key);
        MDB_val v = nothing;
        Check(mdb_put(txn, dbi, &k, &v, 0));
    };
    const double loaded = Seconds([&] {
        Check(mdb_txn_begin(env, nullptr, 0, &txn));
        Check(mdb_dbi_open(txn, nullptr, 0, &dbi));
        for (size_t i = 0; i < load.edges.size(); ++i) {
            const auto [from, to] = load.edges[i];
            put(Adjacency(from, 0, to, i));
            put(Adjacency(to, 1, from, i));
        }
        Check(mdb_txn_commit(txn));
    });
    const uint64_t bytes = SizeOf(folder);
    std::mt19937_64 random(3);
    size_t met = 0;
    Check(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn));
    MDB_cursor* cursor = nullptr;
    Check(mdb_cursor_open(txn, dbi, &cursor));
    const double hop = Seconds([&] {
        for (int i = 0; i < kReads; ++i) {
            const std::string prefix = Adjacency(random() % load.vertices, 0, 0, 0).substr(0, 9);
            MDB_val k = Slice(prefix);
            MDB_val v;
            for (int rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
                 rc == 0 &&
                 std::string_view(static_cast<char*>(k.mv_data), k.mv_size).starts_with(prefix);
                 rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
                ++met;
            }
        }
    });
    const double point = Seconds([&] {
        for (int i = 0; i < kReads; ++i) {
            const size_t at = random() % load.edges.size();
            const std::string key = Adjacency(load.edges[at].first, 0, load.edges[at].second, at);
            MDB_val k = Slice(key);
            MDB_val v;
            Check(mdb_get(txn, dbi, &k, &v));
        }
    });
    mdb_txn_abort(txn);
    // Groups of sixteen in one commit, as a committing thread would gather them.
    const double durable = Seconds([&] {
        for (uint64_t i = 0; i < kTransactions; ++i) {
            Check(mdb_txn_begin(env, nullptr, 0, &txn));
            for (uint64_t w = 0; w < kWriters; ++w) {
                const uint64_t edge = (w << 32) + i;
                put(Adjacency(edge * 31 % load.vertices, 0, i, edge));
                put(Adjacency(i, 1, edge * 31 % load.vertices, edge));
            }
            Check(mdb_txn_commit(txn));
        }
    });
    Report("LMDB", load, loaded, bytes, hop, met, point, kWriters * kTransactions / durable);
    mdb_env_close(env);
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    const Load load = MakeLoad(count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000'000);
    for (const auto& [name, run] : {std::pair{"rocksdb", &Rocks}, std::pair{"lmdb", &Lmdb}}) {
        const std::filesystem::path folder = std::filesystem::path(arguments[1]) / name;
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        run(folder, load);
    }
}
