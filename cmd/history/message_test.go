package history

import "testing"

func TestIsUUID(t *testing.T) {
	for id, want := range map[string]bool{
		"5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a7":   true,
		"5F0C2AB1-33D9-4F6E-9A57-6E1F0D6C61A7":   true,
		"":                                       false,
		"rtmp/instant":                           false,
		"5f0c2ab133d94f6e9a576e1f0d6c61a7":       false,
		"{5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a7}": false,
		"5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a":    false,
		"5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a/":   false,
		"5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c6-a7":   false,
		"5f0c2ab1/33d9-4f6e-9a57-6e1f0d6c61a7":   false,
	} {
		if IsUUID(id) != want {
			t.Errorf("%q: want %v", id, want)
		}
	}
}
