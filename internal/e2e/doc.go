// Package e2e holds the tests that need a whole portal: real databases, real HTTP, the built program, PHP and a browser. There
// is no code in it but that of the tests.
//
// The tests say what somebody outside can rely on: a bot written for another portal answers here, an acknowledged write
// survives the server's death, what is wrong with a request is said in the documented words and leaves the portal as it was.
package e2e
