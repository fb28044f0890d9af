package session

import "testing"

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{16 << 20: "16MiB", 1 << 30: "1GiB", 1536: "1536B", 64 << 10: "64KiB", 1: "1B"} {
		if got := size(n); got != want {
			t.Errorf("%d bytes are %q, not %q", n, got, want)
		}
	}
}

func TestEveryReasonHasItsMeaning(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range Reasons {
		if r.Name == "" || r.Meaning == "" || seen[r.Name] {
			t.Errorf("%+v", r)
		}
		seen[r.Name] = true
	}
}
