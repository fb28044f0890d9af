//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/coder/websocket"
)

// The clients that restail is compared with run as processes of their own:
// this program under another role.

// copyRole is L: it copies frames and line ends through coder/websocket to
// stdout, with buffers that are used again. "wide" puts a buffer of 64 KiB
// under the connection, and hands over what is copied when the socket is about
// to be read again.
func copyRole(args []string) error {
	out := bufio.NewWriterSize(os.Stdout, 32<<10)
	under := func(c net.Conn) net.Conn { return c }
	if len(args) > 1 && args[1] == "wide" {
		under = func(c net.Conn) net.Conn {
			return &wide{Conn: c, buffer: bufio.NewReaderSize(&flushing{Conn: c, out: out}, 64<<10)}
		}
	}
	ws, err := dial(args[0], under)
	if err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for {
		_, message, err := ws.Reader(context.Background())
		if err != nil {
			out.Flush()
			return ended(err)
		}
		for err == nil {
			var n int
			n, err = message.Read(buf)
			out.Write(buf[:n])
		}
		if err != io.EOF {
			return err
		}
		out.WriteByte('\n')
	}
}

// dial connects; under may put something between the network and the library.
func dial(url string, under func(net.Conn) net.Conn) (*websocket.Conn, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return under(conn), nil
	}
	ws, _, err := websocket.Dial(context.Background(), url+"?accessToken=bench", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1)
	return ws, nil
}

// flushing hands over what there is whenever it may have to wait.
type flushing struct {
	net.Conn
	out *bufio.Writer
}

func (f *flushing) Read(p []byte) (int, error) {
	f.out.Flush()
	return f.Conn.Read(p)
}

// wide reads through a buffer.
type wide struct {
	net.Conn
	buffer *bufio.Reader
}

func (w *wide) Read(p []byte) (int, error) { return w.buffer.Read(p) }

// ended is nil for the end of a show.
func ended(err error) error {
	if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
		return nil
	}
	return err
}
