package serve

// Show is the built-in show.
func Show() []Action { return nil }
