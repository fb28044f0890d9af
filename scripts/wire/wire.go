// Package wire is the server's side of a WebSocket, byte by byte: for servers that
// must break the protocol, or must not be what a measurement measures.
package wire

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
)

// First bytes of frames: FIN and the opcode.
const (
	Text  = 0x81
	Close = 0x88
	Ping  = 0x89
	Pong  = 0x8a

	Fin  = 0x80 // the last frame of a message
	More = 0x00 // a fragment that continues a message
)

// Accept grants the handshake of r, and returns the connection and what reads from it.
func Accept(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.Reader, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	key := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(key[:]) + "\r\n\r\n")
	if err := rw.Flush(); err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, rw.Reader, nil
}

// AppendHeader appends the header of a frame with that first byte and length.
func AppendHeader(to []byte, first byte, length int) []byte {
	to = append(to, first)
	switch {
	case length < 126:
		return append(to, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(to, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(to, 127), uint64(length))
}

// AppendFrame appends a frame.
func AppendFrame(to []byte, first byte, payload []byte) []byte {
	return append(AppendHeader(to, first, len(payload)), payload...)
}

// AppendClose appends a close frame.
func AppendClose(to []byte, code int, reason string) []byte {
	return AppendFrame(to, Close, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}

// ReadFrame reads a short frame of a client, and returns its first byte and payload.
func ReadFrame(from io.Reader) (first byte, payload []byte, err error) {
	var header [6]byte // first byte, length below 126, mask
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, header[1]&0x7f)
	_, err = io.ReadFull(from, payload)
	for i := range payload {
		payload[i] ^= header[2+i%4]
	}
	return header[0], payload, err
}
