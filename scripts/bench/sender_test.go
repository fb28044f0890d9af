//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestSender(t *testing.T) {
	s := newSender()
	defer s.close()
	authority := filepath.Join(t.TempDir(), "authority.pem")
	if err := s.writeCertificate(authority); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}

	c := newCorpus(50, 3, 0)
	var want [][]byte
	c.events.messages(func(m []byte) { want = append(want, m) })
	for _, secure := range []bool{false, true} {
		for _, rate := range []int{0, 100_000} {
			began, sent := make(chan time.Time, 1), 0
			s.play(show{
				corpus: c, frames: 120, rate: rate,
				began: func(at time.Time) { began <- at },
				sent:  func(int, time.Time) { sent++ },
			})
			ws, _, err := websocket.Dial(context.Background(), s.url(secure), &websocket.DialOptions{HTTPClient: client})
			if err != nil {
				t.Fatal(err)
			}
			<-began
			for i := range 3 + 120 {
				_, message, err := ws.Read(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if i >= 3 && !bytes.Equal(message, want[(i-3)%50]) {
					t.Fatalf("event %d is %s", i-3, message)
				}
			}
			if _, _, err := ws.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				t.Errorf("it ends with %v", err)
			}
			if rate > 0 && sent != 120 {
				t.Errorf("told of %d of 120", sent)
			}
		}
	}
}

func TestMedians(t *testing.T) {
	if got := median([]float64{5, 1, 3}); got != 3 {
		t.Errorf("median %v", got)
	}
	if got := median([]float64{4, 1, 2, 9}); got != 3 {
		t.Errorf("median %v", got)
	}
	if got := ratio([]float64{2, 30, 8}, []float64{1, 10, 4}); got != 2 {
		t.Errorf("ratio %v", got)
	}
}
