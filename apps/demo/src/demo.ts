console.log("gstore demo: nothing to show yet");

export {};
