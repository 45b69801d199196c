"""Servers that a check of lists brings along: they misbehave, or remember what was done to them."""
import os
import select
import socket
import struct
import threading
import time

import farm
import zones


class Forgetful(threading.Thread):
    """A nameserver that asks unbound, and says nothing about names that begin with "dead"."""

    def __init__(self, address):
        super().__init__()
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind((address, 53))
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back.connect((zones.UNBOUND, 53))
        self.wake, self.ended = os.pipe()
        self.asked = {}  # the identifiers we give: who asked, and with which

    def run(self):
        while True:
            ready = select.select([self.front, self.back, self.wake], [], [])[0]
            if self.wake in ready:
                return
            if self.front in ready:
                question, client = self.front.recvfrom(4096)
                if question[13:17] != b"dead":
                    ours = struct.pack("!H", len(self.asked) % 65536)
                    self.asked[ours] = client, question[:2]
                    self.back.send(ours + question[2:])
            if self.back in ready:
                answer = self.back.recv(4096)
                client, theirs = self.asked[answer[:2]]
                self.front.sendto(theirs + answer[2:], client)

    def stop(self):
        os.close(self.ended)
        self.join()
        self.front.close()
        self.back.close()
        os.close(self.wake)


class NoTls(threading.Thread):
    """Offers STARTTLS at one address and answers the handshake with junk; keeps when sessions
    began and when their end was seen."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server((farm.ONE, farm.ONE_PORT))
        self.spans = []

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self.serve, args=(connection,)).start()

    def serve(self, connection):
        began = time.monotonic()
        with connection:
            connection.sendall(b"220 one\r\n")
            for reply in (b"250-one\r\n250 STARTTLS\r\n", b"220 go\r\n", b"this is no TLS\r\n"):
                connection.recv(4096)
                connection.sendall(reply)
            while connection.recv(4096):
                pass
        self.spans.append((began, time.monotonic()))
