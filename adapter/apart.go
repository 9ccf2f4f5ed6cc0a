package main

// apart runs fn on a goroutine of its own and waits for it. What goes deep into
// the database's or the provider's client makes the stack of its goroutine grow,
// and one that then waits for a model for long would keep it: half of what an
// open answer costs.
func apart[T any](fn func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
		panic any
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panic = recover()
			done <- o
		}()
		o.value, o.err = fn()
	}()
	o := <-done
	if o.panic != nil {
		panic(o.panic)
	}
	return o.value, o.err
}
