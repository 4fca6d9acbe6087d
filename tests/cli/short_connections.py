"""Opens so many short connections to a server of its own on loopback, each carrying so many bytes
from the server, and prints what was carried: one line "CONNECTIONS BYTES_TO_CLIENT BYTES_TO_SERVER".
usage: short_connections.py PORT CONNECTIONS BYTES"""
import socket
import sys
import threading

port, connections, size = (int(argument) for argument in sys.argv[1:])
REQUEST = b"x" * 100


def read_all(connection):
    got = 0
    while part := connection.recv(65536):
        got += len(part)
    return got


def serve(listener):
    for _ in range(connections):
        connection, _ = listener.accept()
        got = 0
        while got < len(REQUEST):
            got += len(connection.recv(len(REQUEST)))
        connection.sendall(b"y" * size)
        connection.close()


listener = socket.create_server(("127.0.0.1", port), backlog=128)
server = threading.Thread(target=serve, args=(listener,))
server.start()
received = 0
for _ in range(connections):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(REQUEST)
        received += read_all(client)
server.join()
print(connections, received, connections * len(REQUEST))
