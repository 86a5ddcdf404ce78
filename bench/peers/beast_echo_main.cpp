// The ceiling of a no-op: Boost.Beast reads a request and answers its body, on one thread, and does
// nothing else. Prints "ready ADDR:PORT" and runs until it is killed.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr size_t kMaxBody = 64 << 20;

asio::awaitable<void> Serve(tcp::socket socket) {
    socket.set_option(tcp::no_delay(true));
    boost::beast::flat_buffer buffer;
    try {
        while (true) {
            http::request_parser<http::string_body> parser;
            parser.body_limit(kMaxBody);
            co_await http::async_read(socket, buffer, parser, use_awaitable);
            http::request<http::string_body> request = parser.release();
            http::response<http::string_body> response{http::status::ok, request.version()};
            response.body() = std::move(request.body());
            response.keep_alive(request.keep_alive());
            response.prepare_payload();
            co_await http::async_write(socket, response, use_awaitable);
            if (!request.keep_alive()) break;
        }
    } catch (const boost::system::system_error&) {
        // The client went away.
    }
}

asio::awaitable<void> Accept(tcp::acceptor acceptor) {
    while (true) {
        asio::co_spawn(acceptor.get_executor(),
                       Serve(co_await acceptor.async_accept(use_awaitable)), asio::detached);
    }
}

}  // namespace

int main() {
    asio::io_context context(1);
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    std::printf("ready 127.0.0.1:%d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    asio::co_spawn(context, Accept(std::move(acceptor)), asio::detached);
    context.run();
}
