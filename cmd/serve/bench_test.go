package serve

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// BenchmarkServe sends frames of the corpus' mean size as fast as one client
// that copies them to nowhere takes them; an operation is one frame.
func BenchmarkServe(b *testing.B) {
	frame := []byte(fmt.Sprintf(`{"action":"event","payload":{"eventPayload":{"text":%q}},"timestamp":1740152273}`, strings.Repeat("x", 640)))
	for _, fragment := range []int{0, 300} {
		b.Run(fmt.Sprintf("fragment=%d", fragment), func(b *testing.B) {
			server := New(Options{Actions: []Action{{Frame: frame}}, Loop: true, Fragment: fragment})
			listener := httptest.NewServer(server)
			defer listener.Close()
			defer server.Shutdown(context.Background())
			ws, _, err := websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(listener.URL, "http")+"/ws?accessToken=t", nil)
			if err != nil {
				b.Fatal(err)
			}
			defer ws.CloseNow()
			buf := make([]byte, 4096)
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				_, message, err := ws.Reader(context.Background())
				for err == nil {
					_, err = message.Read(buf)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
		})
	}
}
