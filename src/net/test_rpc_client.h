#pragma once

#include <nghttp2/nghttp2.h>

#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gyre::net {

/// A gRPC client's side of a connection, bytes in and bytes out, over nghttp2. Calls can be sent
/// piece by piece, and wrongly.
class TestRpcClient {
  public:
    struct Heard {
        std::map<std::string, std::string> fields;  ///< of head and trailers
        std::string data;
        bool closed = false;
        uint32_t error = 0;  ///< of a reset
    };

    TestRpcClient() {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
        nghttp2_session_client_new(&session_, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    }
    ~TestRpcClient() { nghttp2_session_del(session_); }
    TestRpcClient(const TestRpcClient&) = delete;
    TestRpcClient& operator=(const TestRpcClient&) = delete;

    using Fields = std::vector<std::pair<std::string, std::string>>;
    /// Begins a call; its data comes by Send.
    int32_t Open(const std::string& path, const Fields& more = {},
                 const std::string& content_type = "application/grpc") {
        Fields fields{{":method", "POST"}, {":scheme", "http"}, {":path", path},
                      {":authority", "x"}, {"te", "trailers"},  {"content-type", content_type}};
        fields.insert(fields.end(), more.begin(), more.end());
        std::vector<nghttp2_nv> raw;
        for (auto& [name, value] : fields) {
            raw.push_back({reinterpret_cast<uint8_t*>(name.data()),
                           reinterpret_cast<uint8_t*>(value.data()), name.size(), value.size(),
                           NGHTTP2_NV_FLAG_NONE});
        }
        const nghttp2_data_provider provider{.source = {}, .read_callback = OnRead};
        return nghttp2_submit_request(session_, nullptr, raw.data(), raw.size(), &provider,
                                      nullptr);
    }
    void Send(int32_t call, std::string_view data, bool last) {
        out_[call].first += data;
        out_[call].second = last;
        nghttp2_session_resume_data(session_, call);
    }
    void Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }
    void Cancel(int32_t call) {
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call, NGHTTP2_CANCEL);
    }

    [[nodiscard]] std::string Output() {
        std::string all;
        const uint8_t* bytes = nullptr;
        for (ssize_t n = 0; (n = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
            all.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
        }
        return all;
    }
    [[nodiscard]] bool Input(std::string_view bytes) {
        return nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()),
                                        bytes.size()) == static_cast<ssize_t>(bytes.size());
    }
    [[nodiscard]] const Heard& Of(int32_t call) { return heard_[call]; }
    [[nodiscard]] bool ToldToGo() const { return told_to_go_; }

    /// A message with its prefix.
    static std::string Framed(std::string_view message, bool packed = false) {
        const auto size = static_cast<uint32_t>(message.size());
        std::string framed{packed ? '\1' : '\0', static_cast<char>(size >> 24),
                           static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                           static_cast<char>(size)};
        return framed.append(message);
    }

  private:
    static TestRpcClient& Self(void* user) { return *static_cast<TestRpcClient*>(user); }
    static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                        size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                        void* user) {
        Self(user)
            .heard_[frame->hd.stream_id]
            .fields[{reinterpret_cast<const char*>(name), name_size}] = {
            reinterpret_cast<const char*>(value), value_size};
        return 0;
    }
    static int OnData(nghttp2_session*, uint8_t, int32_t call, const uint8_t* data, size_t size,
                      void* user) {
        Self(user).heard_[call].data.append(reinterpret_cast<const char*>(data), size);
        return 0;
    }
    static int OnClose(nghttp2_session*, int32_t call, uint32_t error, void* user) {
        Self(user).heard_[call].closed = true;
        Self(user).heard_[call].error = error;
        return 0;
    }
    static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_GOAWAY) Self(user).told_to_go_ = true;
        return 0;
    }
    static ssize_t OnRead(nghttp2_session*, int32_t call, uint8_t* into, size_t room,
                          uint32_t* flags, nghttp2_data_source*, void* user) {
        auto& [data, last] = Self(user).out_[call];
        const size_t count = std::min(room, data.size());
        std::memcpy(into, data.data(), count);
        data.erase(0, count);
        if (data.empty() && last) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
        } else if (count == 0) {
            return NGHTTP2_ERR_DEFERRED;
        }
        return static_cast<ssize_t>(count);
    }

    nghttp2_session* session_ = nullptr;
    std::map<int32_t, std::pair<std::string, bool>> out_;
    std::map<int32_t, Heard> heard_;
    bool told_to_go_ = false;
};

}  // namespace gyre::net
