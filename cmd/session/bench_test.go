package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// corpus is frames of the sizes of real chat, mean 724 bytes.
func corpus() [][]byte {
	var frames [][]byte
	for i := range 256 {
		frames = append(frames, fmt.Appendf(nil, `{"action":"event","n":%d,"pad":"%s"}`, i, bytes.Repeat([]byte("x"), 80+i*37%1200)))
	}
	return frames
}

// framed is the corpus as a server sends it, without masks.
func framed(frames [][]byte) []byte {
	var out []byte
	for _, f := range frames {
		out = appendFrame(out, 0x81, f)
	}
	return out
}

// appendFrame appends a frame as a server sends it. first is its first byte.
func appendFrame(out []byte, first byte, payload []byte) []byte {
	out = append(out, first)
	switch n := len(payload); {
	case n < 126:
		out = append(out, byte(n))
	case n < 1<<16:
		out = append(out, 126, byte(n>>8), byte(n))
	default:
		out = append(out, 127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, payload...)
}

// flood is a script that sends the corpus for ever.
func flood() script {
	var chunk []byte
	all := framed(corpus())
	for len(chunk) < 1<<20 {
		chunk = append(chunk, all...)
	}
	return func(p *peer) {
		for ok := p.accept(); ok; {
			ok = p.write(chunk) == nil
		}
	}
}

func mean(frames [][]byte) int64 {
	n := 0
	for _, f := range frames {
		n += len(f)
	}
	return int64(n / len(frames))
}

// BenchmarkBare is the yardstick: nothing but the library, and a buffer.
func BenchmarkBare(b *testing.B) {
	address, _ := loopback(b, flood())
	bare(b, address, nil)
}

func BenchmarkBareTLS(b *testing.B) {
	address, roots := overTLS(b, flood())
	bare(b, address, &http.Client{Transport: &http.Transport{TLSClientConfig: roots}})
}

func bare(b *testing.B, address string, client *http.Client) {
	ctx := context.Background()
	conn, _, err := websocket.Dial(ctx, address+"?accessToken=t", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(16 << 20)
	buf := make([]byte, 0, 64<<10)
	b.SetBytes(mean(corpus()))
	b.ReportAllocs()
	for b.Loop() {
		_, r, err := conn.Reader(ctx)
		if err != nil {
			b.Fatal(err)
		}
		buf = buf[:0]
		for {
			n, err := r.Read(buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+n]
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkLive is to take 1/0.95 of BenchmarkBare at most.
func BenchmarkLive(b *testing.B) {
	address, _ := loopback(b, flood())
	benchmarkLive(b, LiveOptions{URL: address})
}

func BenchmarkLiveTLS(b *testing.B) {
	address, roots := overTLS(b, flood())
	benchmarkLive(b, LiveOptions{URL: address, TLS: roots})
}

// BenchmarkLiveDeflated is what compression costs when the service takes our
// offer of it.
func BenchmarkLiveDeflated(b *testing.B) {
	frames := corpus()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
		for n := 0; err == nil; n++ {
			err = c.Write(r.Context(), websocket.MessageText, frames[n%len(frames)])
		}
	}))
	b.Cleanup(server.Close)
	benchmarkLive(b, LiveOptions{URL: "ws" + strings.TrimPrefix(server.URL, "http")})
}

func benchmarkLive(b *testing.B, o LiveOptions) {
	o.Tokens = fixed("t")
	live, err := NewLive(o)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(mean(corpus()))
	b.ReportAllocs()
	for item, err := range live.Items(context.Background()) {
		if err != nil {
			b.Fatal(err)
		}
		if item.Frame != nil && !b.Loop() {
			break
		}
	}
}

// BenchmarkReplay reads a recording, a line each time.
func BenchmarkReplay(b *testing.B) {
	recording := append(bytes.Join(corpus(), []byte("\n")), '\n')
	b.SetBytes(mean(corpus()))
	b.ReportAllocs()
	replay := NewReplay(ReplayOptions{R: &again{recording, nil}})
	for _, err := range replay.Items(context.Background()) {
		if err != nil {
			b.Fatal(err)
		}
		if !b.Loop() {
			break
		}
	}
}

// again reads the same over and over.
type again struct{ all, rest []byte }

func (a *again) Read(p []byte) (int, error) {
	if len(a.rest) == 0 {
		a.rest = a.all
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}
