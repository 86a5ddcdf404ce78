// The peer of an object store: a plain copy of a file with the same hashes and syncs.
//
//     hashed_copy put BYTES FOLDER SECONDS    file → file: MD5 on one thread, SHA-256 and CRC-32C
//     on
//                                             another; fdatasync, rename, fsync of the folder
//     hashed_copy get BYTES FOLDER SECONDS    file → TCP on the loopback, as a client has it:
//                                             CRC-32C; a thread reads the other end
//     hashed_copy ask BYTES FOLDER SECONDS    the same, each copy begun when the reader, which
//                                             has all of the one before, asks for it
//
// Prints copies a second.

#include <fcntl.h>
#include <isa-l/crc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/digest.h"

namespace {

using gyre::core::Digest;
using gyre::core::DigestKind;

constexpr size_t kPiece = size_t{256} << 10;

void Require(bool good, const char* what) {
    if (good) return;
    std::perror(what);
    std::exit(1);
}

/// MD5 of pieces, on a thread of its own.
class SideMd5 {
  public:
    SideMd5() : thread_([this] { Run(); }) {}
    ~SideMd5() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    void Begin(std::string_view piece) {
        {
            const std::lock_guard lock(mutex_);
            piece_ = piece;
        }
        changed_.notify_all();
    }
    void Wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return piece_.empty(); });
    }
    std::string Finish() {
        Wait();
        std::string sum = digest_.Finish();
        digest_ = Digest(DigestKind::kMd5);
        return sum;
    }

  private:
    void Run() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [&] { return stop_ || !piece_.empty(); });
            if (stop_) return;
            const std::string_view piece = piece_;
            lock.unlock();
            digest_.Update(piece);
            lock.lock();
            piece_ = {};
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string_view piece_;
    bool stop_ = false;
    Digest digest_{DigestKind::kMd5};
    std::thread thread_;
};

size_t ReadAll(int file, std::string& into) {
    const ssize_t got = ::read(file, into.data(), into.size());
    Require(got >= 0, "read");
    return static_cast<size_t>(got);
}

void WriteAll(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::write(file, bytes.data(), bytes.size());
        Require(sent > 0, "write");
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

unsigned Crc(std::string_view bytes, unsigned before) {
    return crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())),
                       static_cast<int>(bytes.size()), before);
}

void Put(const std::string& source, const std::string& folder, SideMd5& md5) {
    const std::string beside = folder + "/copy.part";
    const int in = ::open(source.c_str(), O_RDONLY | O_CLOEXEC);
    const int out = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    Require(in >= 0 && out >= 0, "open");
    Digest sha256(DigestKind::kSha256);
    unsigned crc = ~0U;
    std::string buffers[2] = {std::string(kPiece, '\0'), std::string(kPiece, '\0')};
    for (int turn = 0;; turn ^= 1) {
        const size_t got = ReadAll(in, buffers[turn]);
        md5.Wait();
        if (got == 0) break;
        const std::string_view piece(buffers[turn].data(), got);
        md5.Begin(piece);
        sha256.Update(piece);
        crc = Crc(piece, crc);
        WriteAll(out, piece);
    }
    (void)md5.Finish();
    (void)sha256.Finish();
    Require(::fdatasync(out) == 0, "fdatasync");
    ::close(in);
    ::close(out);
    Require(::rename(beside.c_str(), (folder + "/copy").c_str()) == 0, "rename");
    const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    Require(directory >= 0 && ::fsync(directory) == 0, "fsync");
    ::close(directory);
}

void Get(const std::string& source, int socket) {
    const int in = ::open(source.c_str(), O_RDONLY | O_CLOEXEC);
    Require(in >= 0, "open");
    unsigned crc = ~0U;
    std::string buffer(kPiece, '\0');
    while (const size_t got = ReadAll(in, buffer)) {
        const std::string_view piece(buffer.data(), got);
        crc = Crc(piece, crc);
        WriteAll(socket, piece);
    }
    ::close(in);
}

/// Both ends of a TCP connection on the loopback.
std::pair<int, int> Connected() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int near = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const where = reinterpret_cast<sockaddr*>(&address);
    Require(::bind(listener, where, size) == 0 && ::listen(listener, 1) == 0, "listen");
    Require(::getsockname(listener, where, &size) == 0, "getsockname");
    Require(::connect(near, where, size) == 0, "connect");
    const int far = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    Require(far >= 0, "accept");
    ::close(listener);
    return {near, far};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const std::string_view way = argv[1];
    const bool put = way == "put", asked = way == "ask";
    const uint64_t bytes = std::strtoull(argv[2], nullptr, 10);
    const std::string folder = argv[3];
    const double seconds = std::strtod(argv[4], nullptr);
    const std::string source = folder + "/source";
    {
        const int file = ::open(source.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        Require(file >= 0, "open");
        const std::string noise = gyre::core::RandomBytes(kPiece);
        for (uint64_t done = 0; done < bytes; done += kPiece) {
            WriteAll(file, std::string_view(noise).substr(0, bytes - done));
        }
        Require(::fsync(file) == 0, "fsync");
        ::close(file);
    }
    const auto [near, far] = Connected();
    std::thread reader([end = far, asked, bytes] {
        std::string buffer(kPiece, '\0');
        uint64_t left = 0;
        while (true) {
            if (asked && left == 0) {
                WriteAll(end, "?");
                left = bytes;
            }
            const ssize_t got = ::read(end, buffer.data(), buffer.size());
            if (got <= 0) break;
            left -= static_cast<uint64_t>(got);
        }
    });
    using Clock = std::chrono::steady_clock;
    SideMd5 md5;
    const auto once = [&, near = near] {
        char question = 0;
        if (asked) Require(::read(near, &question, 1) == 1, "read of a question");
        put ? Put(source, folder, md5) : Get(source, near);
    };
    once();
    const auto begin = Clock::now();
    int copies = 0;
    double took = 0;
    do {
        once();
        ++copies;
        took = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (took < seconds);
    std::printf("%.6f\n", copies / took);
    ::shutdown(near, SHUT_WR);
    reader.join();
    return 0;
}
