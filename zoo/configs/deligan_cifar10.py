"""DeLiGAN on 2,000 images of CIFAR-10 (CVPR 2017, section 5.4; no labels; networks are ours)."""

from zoo.configs import dcgan_cifar10


def get_config():
    config = dcgan_cifar10.get_config()
    config.model = "DeLiGAN"
    config.train_size = 2_000
    config.batch_size = 100
    config.num_steps = 24_000
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 100,
        "latent_dim": 100,
        "loc_range": 1.0,
        "init_scale": 0.2,
        "covariance": "diag",
        "gradient": "pathwise",  # or marginal, implicit
        "assignment": "stratified",
    }
    config.optimizer.learning_rate = 3e-4
    config.optimizer.schedule = "linear"
    config.optimizer.hold = 2 / 3
    config.loss.sigma_penalty = 0.05  # in the authors' code it is printed and never added
    return config
