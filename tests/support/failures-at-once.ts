/** Shows a failure as soon as it is there: a soak test goes on for hours after it. */
export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    const { err } = this.currentTest ?? {};
    if (err) {
      console.log(err.message);
    }
  },
};
